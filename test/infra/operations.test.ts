import { readFileSync } from 'node:fs';
import { Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseArguments } from '../../functions/cli/arguments.ts';
import { instant } from '../../functions/domain/identifiers.ts';
import { standingMetrics } from '../../functions/domain/incident-metrics.ts';
import { dueMetrics } from '../../functions/triggers/due-metrics.ts';
import { escalate } from '../../functions/watch/escalate.ts';
import { reconcileMetrics } from '../../functions/watch/reconcile-metrics.ts';
import { strayMetrics } from '../../functions/watch/stray-metrics.ts';
import { incidentWorld } from '../support/incident-world.ts';
import { appOf, registerOf, resourcesOf, stackOf, textOf } from './synthesised.ts';

/** Everything that can be switched on. */
const context = {
  homeRegion: 'eu-central-1',
  oktaEventBus: 'aws.partner/okta.com/acme/keyturn',
  githubScopes: 'orgs/acme',
  gitguardianPoll: 'true',
};

type Properties = Record<string, unknown>;
let templates: readonly Template[];
let dashboard: string;

beforeAll(() => {
  const app = appOf(registerOf(3), context);
  templates = app.node.children.filter((child) => child instanceof Stack).map((stack) => Template.fromStack(stack));
  const [body, ...others] = all('AWS::CloudWatch::Dashboard').map(({ DashboardBody }) => textOf(DashboardBody));
  expect(others).toEqual([]);
  dashboard = body ?? '';
});

const all = (type: string): readonly Properties[] =>
  templates.flatMap((template) => resourcesOf(template, type).map(([, { Properties }]) => Properties));
const namesOf = (type: string, name: string): readonly string[] => all(type).map((each) => String(each[name]));

describe('what runs leaves a trace', () => {
  it('in X-Ray: every function and every machine', () => {
    const functions = all('AWS::Lambda::Function');
    expect(functions.length).toBeGreaterThan(50);
    for (const { TracingConfig } of functions) expect(TracingConfig).toEqual({ Mode: 'Active' });
    const machines = all('AWS::StepFunctions::StateMachine');
    expect(machines.length).toBeGreaterThan(3);
    for (const { TracingConfiguration } of machines) expect(TracingConfiguration).toEqual({ Enabled: true });
  });

  it('in logs that are kept as long as the settings say, and no longer', () => {
    const groups = all('AWS::Logs::LogGroup');
    expect(groups.length).toBeGreaterThan(8);
    for (const { RetentionInDays } of groups) expect(RetentionInDays).toBe(400);
    // Without a group of ours, Lambda makes one of its own that is kept for ever.
    for (const { LoggingConfig } of all('AWS::Lambda::Function')) {
      expect((LoggingConfig as Properties)['LogGroup']).toMatchObject({ Ref: expect.stringMatching(/^Log/) });
    }
  });
});

type Widget = {
  readonly type: string;
  readonly properties: { readonly title?: string; readonly markdown?: string; readonly metrics?: readonly unknown[][] };
};
const widgets = (): readonly Widget[] => (JSON.parse(dashboard) as { widgets: Widget[] }).widgets;

/** As CloudWatch writes them: namespace, name, then pairs of dimension and value. */
const metricsShown = (): readonly { namespace: string; name: string; dimensions: Record<string, string> }[] =>
  widgets()
    .flatMap(({ properties }) => properties.metrics ?? [])
    .map((metric) => metric.filter((part): part is string => typeof part === 'string'))
    .filter(({ length }) => length > 0)
    .map(([namespace = '', name = '', ...rest]) => ({
      namespace,
      name,
      dimensions: Object.fromEntries(
        Array.from({ length: rest.length / 2 }, (_, index) => [rest[2 * index], rest[2 * index + 1]]),
      ) as Record<string, string>,
    }));

describe('the dashboard', () => {
  it('shows nothing that is not there: every function, machine, queue and alarm that it names is deployed', () => {
    const metrics = metricsShown();
    const shown = (dimension: string): readonly string[] =>
      metrics.flatMap(({ dimensions }) => dimensions[dimension] ?? []);
    const functions = namesOf('AWS::Lambda::Function', 'FunctionName');
    expect(functions).toEqual(expect.arrayContaining([...shown('FunctionName')]));
    expect(namesOf('AWS::SQS::Queue', 'QueueName')).toEqual(expect.arrayContaining([...shown('QueueName')]));
    const machines = shown('StateMachineArn').map((machineArn) => machineArn.split(':').at(-1));
    expect(new Set(machines)).toEqual(new Set(namesOf('AWS::StepFunctions::StateMachine', 'StateMachineName')));
    const alarms = [...dashboard.matchAll(/:alarm:([\w-]+)/g)].map(([, name]) => name);
    expect(alarms.toSorted()).toEqual(namesOf('AWS::CloudWatch::Alarm', 'AlarmName').toSorted());
  });

  it('shows every dead-letter queue of its region, and the time that each step takes', () => {
    const shown = JSON.stringify(metricsShown());
    const queues = namesOf('AWS::SQS::Queue', 'QueueName').filter((name) => !name.startsWith('keyturn-forwarding-'));
    for (const name of queues) expect(shown).toContain(`"${name}"`);
    const steps = all('AWS::Lambda::Function').filter(({ Environment }) =>
      JSON.stringify(Environment).includes('KEYTURN_STEP'),
    );
    for (const { FunctionName } of steps) {
      expect(metricsShown().filter(({ dimensions }) => dimensions['FunctionName'] === FunctionName)).toHaveLength(2);
    }
  });

  it('names no credential, and its numbers have no dimension but the provider', () => {
    for (const provider of ['openai', 'pinecone']) expect(dashboard).not.toMatch(new RegExp(`${provider}-\\d`));
    for (const { namespace, dimensions } of metricsShown()) {
      if (namespace !== 'Keyturn') continue;
      expect(['service', 'provider,service']).toContain(Object.keys(dimensions).toSorted().join());
    }
  });

  it('has a title on every graph, and leads to the runbook', () => {
    for (const { type, properties } of widgets()) {
      if (type !== 'text') expect(properties.title).toMatch(/^[A-Z]/);
    }
    expect(widgets()[0]?.properties.markdown).toContain('`RUNBOOK.md` in the project');
    const app = appOf(registerOf(1), { runbookUrl: 'https://example.com/RUNBOOK.md' });
    const [[, { Properties }]] = resourcesOf(stackOf(app, 'foundation'), 'AWS::CloudWatch::Dashboard') as [
      [string, never],
    ];
    expect(textOf(Properties['DashboardBody'])).toContain('[the runbook](https://example.com/RUNBOOK.md)');
  });

  it('and the alarms look for numbers by the names under which the functions send them', async () => {
    const world = incidentWorld();
    const { metrics } = await escalate(world.ports);
    world.close();
    const none = { started: [], reminded: [], skipped: [], failed: [], notDue: 0 };
    const sent = [
      ...metrics,
      ...standingMetrics([], [], [], instant(0)),
      ...dueMetrics({ ...none, waiting: 0, oldestWaitingSeconds: 0 }),
      ...reconcileMetrics({ found: [], failed: [], heldBack: 0 }),
      ...strayMetrics([]),
    ].map(({ name }) => name);
    const looked = [
      ...all('AWS::CloudWatch::Alarm').filter(({ Namespace }) => Namespace === 'Keyturn'),
      ...metricsShown().flatMap(({ namespace, name }) => (namespace === 'Keyturn' ? [{ MetricName: name }] : [])),
    ].map(({ MetricName }) => String(MetricName));
    expect(sent).toEqual(expect.arrayContaining([...new Set(looked)]));
  });
});

describe('the runbook', () => {
  const text = readFileSync(new URL('../../RUNBOOK.md', import.meta.url), 'utf8');
  const entries = [...text.matchAll(/^## (\S+)$/gm)].map(([, entry]) => entry ?? '');
  const sections = text.split(/^## /m).slice(1);

  it('has one entry for every alarm, to which the alarm’s description leads, and no other', () => {
    const links = all('AWS::CloudWatch::Alarm').map(({ AlarmName, AlarmDescription }) => {
      const [, entry = ''] = /\. Runbook: RUNBOOK\.md#([a-z-]+)$/.exec(String(AlarmDescription)) ?? [];
      expect([AlarmName, entry]).toEqual([AlarmName, expect.stringMatching(/./)]);
      return entry;
    });
    expect(links.length).toBeGreaterThan(70);
    expect(new Set(entries).size).toBe(entries.length);
    expect(entries.toSorted()).toEqual([...new Set(links)].toSorted());
  });

  it('is linked where it is told to be', () => {
    const app = appOf(registerOf(1), { runbookUrl: 'https://example.com/RUNBOOK.md' });
    stackOf(app, 'intake').hasResourceProperties('AWS::CloudWatch::Alarm', {
      AlarmName: 'keyturn-intake-obligation-open',
      AlarmDescription: Match.stringLikeRegexp(' Runbook: https://example\\.com/RUNBOOK\\.md#obligation-open$'),
    });
  });

  it.each(sections.map((section) => [section.split('\n')[0] ?? '', section] as const))(
    '%s says what it means, what to look at, what to run, what not to do, and when it is over',
    (_, section) => {
      const parts = [...section.matchAll(/^- \*\*(.+?)\*\*/gm)].map(([, part]) => part);
      expect(parts).toEqual(['Means', 'Look at', 'Run', 'Do not', 'Over']);
    },
  );

  it('names commands that are there, with the options that they have', () => {
    const commands = [...text.matchAll(/`(?:npx )?keyturn ([^`]+)`/g)].map(([, line]) => line ?? '');
    expect(commands.length).toBeGreaterThan(20);
    for (const line of commands) {
      const argv = line.split(/\s+/).map((word) => word.replace(/^<(.+)>$/, '$1'));
      expect([line, parseArguments(argv).kind]).toEqual([line, 'run']);
    }
  });

  it('names log groups and queues that are there', () => {
    const logGroups = namesOf('AWS::Logs::LogGroup', 'LogGroupName');
    const queues = namesOf('AWS::SQS::Queue', 'QueueName');
    const named = (pattern: RegExp): readonly string[] =>
      [...text.matchAll(pattern)].map(([, name]) => (name ?? '').replace('<provider>', 'openai'));
    expect(logGroups).toEqual(expect.arrayContaining([...named(/`((?:\/aws\/vendedlogs\/states)?\/keyturn[^`]*)`/g)]));
    expect(queues).toEqual(expect.arrayContaining([...named(/`(keyturn-[^` ]*(?:undelivered|\.fifo))`/g)]));
  });
});
