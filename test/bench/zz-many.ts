import { setTimeout as pause } from 'node:timers/promises';
import { waitAtMost } from '../../functions/cli/pass-time.ts';
import { approveIncident } from '../../functions/triggers/approve-incident.ts';
import { takeReport, usualOptions } from '../../functions/triggers/compromise.ts';
import { startObligations } from '../../functions/triggers/start-obligations.ts';
import { latencyWorld } from './latency-world.ts';

const size = Number(process.argv[2]);
const world = await latencyWorld(size);
const { ports } = world;
const options = { ...usualOptions, letCallsLandSeconds: 120 };
const t = Date.now();
const choice = { containFirst: null, decidedBy: 'lead' };
const { accepted } = await takeReport(
  {
    source: 'security-lead',
    dedupeKey: 'x',
    reference: 'r',
    reason: 'leak',
    reportedAt: ports.clock.now(),
    leak: { kind: 'provider', provider: 'openai' },
  },
  ports,
  options,
  choice,
);
console.log(accepted.state, accepted.keys.length, Date.now() - t);
const approved = await approveIncident(accepted.incidentId, choice, ports);
console.log('approved', approved?.obligations.length, Date.now() - t);
const credentials = new Map(world.credentials.map((c) => [String(c.id), c]));
const from = Date.now();
let last = '';
for (;;) {
  const b = Date.now();
  const p = await startObligations(approved!.incident, credentials, ports, options);
  const took = Date.now() - b;
  if (p.waiting === 0) {
    console.log('none waits', Date.now() - from);
  }
  if (p.running + p.waiting === 0) break;
  const line = `${p.closed} ${p.running} ${p.waiting} ${p.stuck.length} pass ${took}`;
  if (line !== last) console.log(Date.now() - from, line);
  last = line;
  await waitAtMost({ clock: ports.clock }, async () => undefined, null);
}
const os = world.obligations();
const contained = os.map((o) => Date.parse(o.containedAt ?? '') - from).sort((a, b) => a - b);
console.log('contained first/last', contained[0], contained.at(-1), 'all', Date.now() - from);
world.stop();
