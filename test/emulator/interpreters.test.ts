import { readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import {
  DescribeExecutionCommand,
  GetExecutionHistoryCommand,
  type HistoryEvent,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { JsonObject } from '../../functions/domain/json.ts';
import { inGroups } from '../../functions/triggers/in-groups.ts';
import { flows } from '../../workflows/strategies.ts';
import { substitute, substitutions } from '../../workflows/substitutions.ts';
import { clientOf } from '../conformance/ports/aws-client.ts';
import { engineWorld, errorNamed } from '../support/engine-world.ts';
import { account, region } from './deploy.ts';
import { dealer, type Script, scriptedFunction, startPrompter } from './scripted.ts';

// The same definition, input, answers and failures, interpreted by the emulator and by the embedded engine: both must
// take the same path. Waits take no time in either.
const deployed = inject('deployed');

type Strategy = keyof typeof flows;
const strategies = Object.keys(flows) as Strategy[];
const aslOf = (strategy: Strategy): string =>
  readFileSync(new URL(`../../workflows/asl/${strategy}.asl.json`, import.meta.url), 'utf8');

const happy: Script = {
  begin: [{ answers: { start: 'create', contained: false, hasOldKey: true, overlapSeconds: 5 } }],
  'check-usage': [{ answers: { oldKeyUse: 'wait', askAgainSeconds: 60 } }, { answers: { oldKeyUse: 'over' } }],
  confirm: [{ answers: { hasOldKey: true } }],
  'roll-back': [{ answers: { rolledBack: true, outcome: 'RolledBack' } }],
  'two-slot/roll-back': [{ answers: { rolledBack: true, outcome: 'RolledBack' } }],
  'human-created/roll-back': [{ answers: { rolledBack: true, outcome: 'RolledBack' } }],
};
const emergency = { urgency: 'emergency', containFirst: true };
const scheduled = { urgency: 'scheduled', containFirst: false };

type Case = {
  readonly name: string;
  readonly strategy: Strategy;
  readonly request: JsonObject;
  readonly script: Script;
};

const cases: readonly Case[] = strategies.flatMap((strategy): Case[] => {
  const steps = [...new Set(Object.values(substitutions(flows[strategy])))];
  const one = (name: string, change: Script, request: JsonObject = scheduled): Case => ({
    name: `${strategy}: ${name}`,
    strategy,
    request,
    script: { ...happy, ...change },
  });
  const anyOf = (step: string): Script[string] => happy[step] ?? [{ answers: {} }];
  return [
    one('scheduled', {}),
    one('emergency', {}, emergency),
    one('busy', { begin: [{ answers: { start: 'busy' } }] }),
    one('taken up before the cut-over', { begin: [{ answers: { start: 'stage', overlapSeconds: 0 } }] }),
    one('taken up after the cut-over', { begin: [{ answers: { start: 'confirm', overlapSeconds: 0 } }] }),
    one('still in use at the end', {
      'check-usage': [{ answers: { oldKeyUse: 'give-up', outcome: 'CutOverOldLive' } }],
    }),
    one('the new key serves after all', {
      stage: [{ fails: 'Refused' }],
      ...Object.fromEntries(
        steps.filter((step) => step.endsWith('roll-back')).map((step) => [step, [{ answers: { rolledBack: false } }]]),
      ),
    }),
    ...steps.flatMap((step) => [
      one(`${step} fails once`, { [step]: [{ fails: 'NothingChanged' }, ...anyOf(step)] }),
      ...['Refused', 'NeedsPerson', 'Superseded'].map((fault) =>
        one(`${step}: ${fault}`, { [step]: [{ fails: fault }] }),
      ),
      one(`${step}: Refused, contained before`, { [step]: [{ fails: 'Refused' }] }, emergency),
    ]),
    ...(strategy === 'overlap'
      ? ['contain', 'create-key', 'confirm', 'prove-refused', 'record-outcome'].flatMap((step) =>
          ['OutcomeUnknown', 'Lambda.Unknown'].map((fault) =>
            one(`${step} never answers: ${fault}`, { [step]: [{ fails: fault }] }, emergency),
          ),
        )
      : []),
  ];
});

/** The states in the order in which they were entered, and how it ended. */
type Path = { readonly states: readonly string[]; readonly end: string };

describe.skipIf(deployed === null)('the emulator and the embedded engine', () => {
  const endpoint = deployed?.hurried ?? '';
  const machines = new SFNClient(clientOf(endpoint));
  let prompter: Awaited<ReturnType<typeof startPrompter>>;

  beforeAll(async () => {
    if (deployed === null) return;
    prompter = await startPrompter();
    await createStacks(endpoint, prompter.port);
  });
  afterAll(() => {
    prompter.close();
    machines.destroy();
  });

  const onEmulator = async ({ name, strategy, request, script }: Case): Promise<Path> => {
    const { executionArn } = await machines.send(
      new StartExecutionCommand({
        stateMachineArn: `arn:aws:states:${region}:${account}:stateMachine:${strategy}`,
        name: name.replaceAll(/[^a-z]/gi, '-').slice(0, 80),
        input: JSON.stringify({ ...request, run: name, script, letCallsLandSeconds: 9 }),
      }),
    );
    for (;;) {
      const { status, error } = await machines.send(new DescribeExecutionCommand({ executionArn }));
      if (status !== 'RUNNING') {
        return {
          states: await statesOf(executionArn ?? ''),
          end: status === 'FAILED' ? `${status} ${error ?? ''}` : String(status),
        };
      }
      await setTimeout(50);
    }
  };

  const statesOf = async (executionArn: string): Promise<readonly string[]> => {
    const events: HistoryEvent[] = [];
    let nextToken: string | undefined;
    do {
      const page = await machines.send(
        new GetExecutionHistoryCommand({ executionArn, maxResults: 1000, ...(nextToken && { nextToken }) }),
      );
      events.push(...(page.events ?? []));
      nextToken = page.nextToken;
    } while (nextToken !== undefined);
    return events.flatMap(({ stateEnteredEventDetails: entered }) =>
      entered?.name === undefined ? [] : [entered.name],
    );
  };

  const onEngine = async ({ name, strategy, request, script }: Case): Promise<Path> => {
    const deal = dealer();
    const steps = Object.values(substitutions(flows[strategy]));
    const world = engineWorld(
      Object.fromEntries(
        steps.map((step) => [
          step,
          () => {
            const act = deal(name, script, step);
            if ('answers' in act) return act.answers;
            throw errorNamed(act.fails);
          },
        ]),
      ),
      { definitions: { main: substitute(aslOf(strategy), substitutions(flows[strategy])) } },
    );
    const { status, failure } = await world.ended({ ...request, letCallsLandSeconds: 9 });
    const history = await world.journal.history('run');
    return {
      states: history.flatMap((entry) => (entry.event === 'entered' ? [entry.state] : [])),
      end: status === 'failed' ? `FAILED ${failure?.error ?? ''}` : 'SUCCEEDED',
    };
  };

  it.each(strategies)('take the same path through %s', async (strategy) => {
    const own = cases.filter((one) => one.strategy === strategy);
    const differing: unknown[] = [];
    await inGroups(own, 6, async (one) => {
      const [emulator, engine] = await Promise.all([onEmulator(one), onEngine(one)]);
      if (JSON.stringify(emulator) !== JSON.stringify(engine)) differing.push({ name: one.name, emulator, engine });
    });
    expect(differing).toEqual([]);
    console.info(`${strategy}: ${own.length} runs, each on both interpreters, took the same path.`);
  });
});

/** A machine for each strategy, its definition and substitutions as CloudFormation gets them, on scripted functions. */
const createStacks = async (endpoint: string, port: number): Promise<void> => {
  const steps = new Set(strategies.flatMap((strategy) => Object.values(substitutions(flows[strategy]))));
  const nameOf = (step: string): string => step.replaceAll('/', '-');
  const functions = [...steps].map((step) => [
    nameOf(step).replaceAll('-', ''),
    {
      Type: 'AWS::Lambda::Function',
      Properties: {
        FunctionName: nameOf(step),
        Runtime: 'nodejs20.x',
        Handler: 'index.handler',
        Role: roleArn,
        Code: { ZipFile: scriptedFunction(port) },
        Environment: { Variables: { STEP: step } },
      },
    },
  ]);
  await createStack(endpoint, 'functions', Object.fromEntries(functions));
  for (const strategy of strategies) {
    const values = Object.entries(substitutions(flows[strategy])).map(([state, step]) => [
      state,
      `arn:aws:lambda:${region}:${account}:function:${nameOf(step)}`,
    ]);
    const Properties = {
      StateMachineName: strategy,
      RoleArn: roleArn,
      DefinitionString: JSON.stringify(JSON.parse(aslOf(strategy))),
      DefinitionSubstitutions: Object.fromEntries(values),
    };
    await createStack(endpoint, strategy, { Machine: { Type: 'AWS::StepFunctions::StateMachine', Properties } });
  }
};

const roleArn = `arn:aws:iam::${account}:role/any`;

/** By hand, because CloudFormation's client would be one more package for two calls. */
const createStack = async (endpoint: string, name: string, resources: object): Promise<void> => {
  const ask = async (action: string, more: Readonly<Record<string, string>> = {}): Promise<string> => {
    const answer = await fetch(endpoint, {
      method: 'POST',
      headers: { authorization: `AWS4-HMAC-SHA256 Credential=test/20261121/${region}/cloudformation/aws4_request` },
      body: new URLSearchParams({ Action: action, Version: '2010-05-15', StackName: name, ...more }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(text);
    return text;
  };
  await ask('CreateStack', { TemplateBody: JSON.stringify({ Resources: resources }) });
  for (;;) {
    const [, status = ''] = /<StackStatus>([A-Z_]+)</.exec(await ask('DescribeStacks')) ?? [];
    if (status === 'CREATE_COMPLETE') return;
    if (!status.endsWith('IN_PROGRESS')) throw new Error(`The stack ${name} is ${status}.`);
    await setTimeout(100);
  }
};
