import type { Catch, Flow, Rule, State } from './flow.ts';

/** Where every run that did not go to plan is written down: the two drawings meet there. */
const recordState = 'RecordOutcome';

/** The way from the start, as long as no step fails. */
export const drawMainLine = (flow: Flow): string => {
  const reached = follow(flow, [flow.startAt], [recordState]);
  return flowchart([
    ...reached.map((name) => (name === recordState ? `${name}[/${name}/]` : node(flow, name))),
    ...reached.filter((name) => name !== recordState).flatMap((name) => forwardEdges(name, stateOf(flow, name))),
  ]);
};

/** The ways of the failures: steps that fail in the same way are one box. */
export const drawFailures = (flow: Flow): string => {
  const groups = stepsByCatch(flow);
  const targets = groups.flatMap(({ onFault }) => onFault.map(({ next }) => next));
  const mainLine = follow(flow, [flow.startAt], [recordState]).filter((name) => name !== recordState);
  const reached = follow(flow, targets, mainLine);
  return flowchart([
    ...groups.map(({ steps }, index) => `from${index}["${steps.join('<br>')}"]`),
    ...reached.map((name) => (mainLine.includes(name) ? `${name}([${name}])` : node(flow, name))),
    ...groups.flatMap(({ onFault }, index) =>
      onFault.map((entry) => edge(`from${index}`, catchLabel(entry), entry.next)),
    ),
    ...reached.filter((name) => !mainLine.includes(name)).flatMap((name) => forwardEdges(name, stateOf(flow, name))),
  ]);
};

/** Which step runs in which state: only the states where the flows differ. */
export const tableOfSteps = (flows: { readonly [strategy: string]: Flow }, base: Flow): string => {
  const differs = Object.keys(base.states).filter((name) =>
    Object.values(flows).some((flow) => stepOf(flow, name) !== stepOf(base, name)),
  );
  const rows = [
    ['state', ...Object.keys(flows)],
    ...differs.map((name) => [name, ...Object.values(flows).map((flow) => `\`${stepOf(flow, name)}\``)]),
  ];
  const widths = ['state', ...Object.keys(flows)].map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  const lines = rows.map((row) => `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`);
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  return [...lines.slice(0, 1), rule, ...lines.slice(1)].join('\n');
};

/** What is reached from there without a failure, in the flow's own order; what is in `stops` is not left again. */
const follow = (flow: Flow, from: readonly string[], stops: readonly string[]): readonly string[] => {
  const reached = new Set<string>();
  const open = [...from];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (reached.has(name)) continue;
    reached.add(name);
    if (!stops.includes(name)) open.push(...successors(stateOf(flow, name)));
  }
  return Object.keys(flow.states).filter((name) => reached.has(name));
};

const stepsByCatch = (
  flow: Flow,
): readonly { readonly steps: readonly string[]; readonly onFault: readonly Catch[] }[] => {
  const groups = new Map<string, { steps: string[]; onFault: readonly Catch[] }>();
  for (const [name, state] of Object.entries(flow.states)) {
    if (state.kind !== 'step' || name === recordState) continue;
    const key = JSON.stringify(state.onFault);
    const group = groups.get(key) ?? { steps: [], onFault: state.onFault };
    group.steps.push(name);
    groups.set(key, group);
  }
  return [...groups.values()];
};

const successors = (state: State): readonly string[] => {
  switch (state.kind) {
    case 'step':
    case 'wait':
      return [state.next];
    case 'choice':
      return [...state.rules.map(({ next }) => next), state.otherwise];
    case 'succeed':
    case 'fail':
      return [];
  }
};

const forwardEdges = (name: string, state: State): readonly string[] => {
  switch (state.kind) {
    case 'step':
    case 'wait':
      return [edge(name, null, state.next)];
    case 'choice':
      return [
        ...state.rules.map((rule) => edge(name, ruleLabel(rule), rule.next)),
        edge(name, 'otherwise', state.otherwise),
      ];
    case 'succeed':
    case 'fail':
      return [];
  }
};

const node = (flow: Flow, name: string): string => {
  const state = stateOf(flow, name);
  switch (state.kind) {
    case 'step':
      return `${name}[${name}]`;
    case 'wait':
      return `${name}[["${name}<br>waits ${typeof state.seconds === 'number' ? `${state.seconds} s` : state.seconds.field}"]]`;
    case 'choice':
      return `${name}{${name}?}`;
    case 'succeed':
      return `${name}(["${name}"]):::good`;
    case 'fail':
      return `${name}(["${name}"]):::bad`;
  }
};

const edge = (from: string, label: string | null, to: string): string =>
  label === null ? `${from} --> ${to}` : `${from} -->|"${label}"| ${to}`;

const ruleLabel = (rule: Rule): string =>
  Object.entries(rule.when)
    .map(([field, value]) => `${field}: ${value}`)
    .join('<br>');

const catchLabel = (entry: Catch): string =>
  [
    entry.faults.join(', '),
    ...Object.entries(entry.set ?? {}).map(
      ([field, value]) => `${field}: ${JSON.stringify(value).replaceAll('"', '')}`,
    ),
  ].join('<br>');

const stateOf = (flow: Flow, name: string): State => {
  const state = flow.states[name];
  if (state === undefined) throw new TypeError(`The flow has no state ${name}.`);
  return state;
};

const stepOf = (flow: Flow, name: string): string => {
  const state = stateOf(flow, name);
  return state.kind === 'step' ? state.run : state.kind;
};

const flowchart = (lines: readonly string[]): string =>
  [
    '```mermaid',
    'flowchart TD',
    ...lines.map((line) => `  ${line}`),
    '  classDef good fill:#e6f4ea,stroke:#137333,color:#137333',
    '  classDef bad fill:#fce8e6,stroke:#c5221f,color:#c5221f',
    '```',
  ].join('\n');
