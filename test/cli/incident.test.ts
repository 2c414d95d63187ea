import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { htmlOf } from '../../functions/cli/html-of.ts';
import { markdownOf } from '../../functions/cli/markdown-of.ts';
import type { Incident } from '../../functions/domain/incident.ts';
import { sampleIncident } from '../support/incident-world.ts';
import { makeWorld, type World } from './world.ts';

let world: World;
beforeEach(async () => {
  world = await makeWorld(Date.UTC(2026, 10, 21, 9));
  await world.setUp();
});
afterEach(async () => {
  expect(world.canaries().filter((canary) => world.printed().includes(canary))).toEqual([]);
  await world.close();
});

const id = 'inc-20261121-0000000a';
const evil = '<script>alert("x")</script> | [a](javascript:b) <img src=x onerror=y> `c` **d**\n# e';

const write = (change: Partial<Incident> = {}): Promise<void> =>
  world.ports(async ({ ledger, clock }) => {
    const now = clock.now();
    await ledger.replaceIncident(sampleIncident({ reportedAt: now, acceptedAt: now, ...change }), 0);
  });

/** The incident of an emergency that really ran, with what the test changes of it. */
const afterEmergency = async (change: Partial<Incident> = {}) => {
  const ran = await world.run('rotate assistant-openai --emergency --yes --json');
  return world.ports(async ({ ledger }) => {
    const [obligation] = await ledger.obligations('all');
    if (obligation?.incidentId == null || obligation.rotationId === null)
      throw new Error(`There is no incident: ${ran.stderr}`);
    const { incidentId, keyId, rotationId } = obligation;
    const item = await ledger.incident(incidentId);
    if (item === null) throw new Error('The incident is not on record.');
    await ledger.replaceIncident({ ...item.incident, ...change }, item.revision);
    return { incidentId, keyId, rotationId };
  });
};

const told = [
  { at: sampleIncident().acceptedAt, to: 'test-team@example.com', what: 'accepted' },
  { at: sampleIncident().acceptedAt, to: 'security lead', what: 'closed' },
];

test('tells of a real run: what leaked, the clock, the evidence, what was done and who was told', async () => {
  const { source, reference, proof } = sampleIncident();
  const { incidentId, keyId } = await afterEmergency({ source, reference, proof, told });
  const { code, stdout } = await world.run(`incident ${incidentId}`);
  expect(code).toBe(0);
  expect(stdout).toMatch(new RegExp(`^# Incident ${incidentId}: closed\n`));
  expect(stdout).toContain('| Reported by | GitHub secret scanning |');
  expect(stdout).toContain('| Where | <https://github.com/example/app/security/secret-scanning/1> |');
  expect(stdout).toContain('| Proof | proven: the reported value has the fingerprint of a key of ours |');
  expect(stdout).toContain(`| assistant-openai | \`${keyId}\` | openai | openai-test | seen refused |`);
  const clock =
    /\| Key \| stopped .*\n\|.*\n\| `(\w+)` \| (\d+\.\d) s \| (\d+\.\d) s \| (\d+\.\d) s \| (\d+\.\d) s \| (\d+\.\d) s \|/.exec(
      stdout,
    );
  expect(clock?.[1]).toBe(keyId);
  const [contained, firstRefused, replaced, refused, moved] = clock!.slice(2).map(Number);
  expect(contained).toBeLessThanOrEqual(replaced!);
  expect(firstRefused).toBeLessThanOrEqual(refused!);
  expect(moved! - replaced!).toBeCloseTo(2);
  expect(stdout).toMatch(new RegExp(`\\| \`${keyId}\` \\| 2026-11-21 09:0\\d:\\d\\dZ \\| .*refused`));
  expect(stdout).toMatch(/Z \| assistant-openai \| contained: the leaked key is \w+ at the provider/);
  expect(stdout).toContain('AWSCURRENT moved: consumers get the new key');
  expect(stdout).toContain('| test-team@example.com | accepted; each key must be seen refused |');
  expect(stdout).toContain('| security lead | every key was seen refused; the report is ready |');
  expect(stdout.trimEnd()).toMatch(/There is nothing left to do\.$/);
});

test('the timeline goes forward, and a step that is tried again is one line', async () => {
  const { incidentId } = await afterEmergency();
  const { stdout } = await world.run(`incident ${incidentId}`);
  const [, timeline = ''] = /## What was done\n\n([\s\S]*?)\n\n##/.exec(stdout) ?? [];
  const times = timeline
    .split('\n')
    .slice(2)
    .map((line) => line.split('|')[1]);
  expect(times.length).toBeGreaterThan(8);
  expect(times).toEqual(times.toSorted());
  const lines = timeline.split('\n').map((line) => line.replace(/^.*Z/, ''));
  expect(lines.filter((line, index) => line === lines[index - 1])).toEqual([]);
});

test('the same facts make the same report', async () => {
  const { incidentId } = await afterEmergency();
  for (const form of ['', ' --html', ' --json'])
    expect((await world.run(`incident ${incidentId}${form}`)).stdout).toBe(
      (await world.run(`incident ${incidentId}${form}`)).stdout,
    );
});

test('what is open, what is overdue, and the one next command', async () => {
  world.openai.configure({ models: [] });
  const { incidentId, keyId, rotationId } = await afterEmergency();
  world.clock.advance(400);
  const { stdout } = await world.run(`incident ${incidentId}`);
  expect(stdout).toContain(`# Incident ${incidentId}: open`);
  expect(stdout).toContain(`nothing serves in place of the key ${keyId.replaceAll('_', '\\_')}`);
  expect(stdout).toContain(`- assistant-openai: ${keyId.replaceAll('_', '\\_')} is not seen refused, nor replaced.`);
  expect(stdout).toContain('The report is to be with the security lead by 2026-11-21 10:0');
  expect(stdout.trimEnd()).toMatch(new RegExp(`Next:\n\n\`keyturn resume ${rotationId} --local\`$`));
});

test.each([
  ['awaiting-approval', 'waits for approval', `Next:\n\n\`keyturn approve ${id} --local\``],
  ['noted', 'noted', 'There is nothing left to do.'],
  ['dismissed', 'dismissed', 'There is nothing left to do.'],
] as const)('one that is %s', async (state, head, end) => {
  await write({ state, leak: { kind: 'hint', provider: 'openai', hint: '…x9Qa' } });
  const { stdout } = await world.run(`incident ${id}`);
  expect(stdout).toMatch(new RegExp(`^# Incident ${id}: ${head}\n`));
  expect(stdout).toContain('a value that ends in …x9Qa, of openai');
  expect(stdout.trimEnd().endsWith(end)).toBe(true);
});

test('once every key is refused the report itself is what is left, until it was sent', async () => {
  const { incidentId } = await afterEmergency({ told: [] });
  const { stdout } = await world.run(`incident ${incidentId}`);
  const [, dueAt = ''] = /report is to be with the security lead by ([^.]+)\./.exec(stdout) ?? [];
  expect(dueAt).toMatch(/^2026-11-21 10:0\d:\d\dZ$/);
  expect(stdout.trimEnd()).toMatch(
    new RegExp(`Next: send this report to the security lead by ${dueAt}\\. Nothing else is left to do\\.$`),
  );
  expect(stdout).not.toContain('There is nothing left to do.');
  await world.run('reconcile');
  const sent = (await world.run(`incident ${incidentId}`)).stdout;
  expect(sent).not.toContain('is to be with the security lead');
  expect(sent.trimEnd()).toMatch(/There is nothing left to do\.$/);
});

test('--json has the times as numbers', async () => {
  const { incidentId, keyId } = await afterEmergency();
  const report: unknown = (await world.run(`incident ${incidentId} --json`)).json();
  expect(report).toMatchObject({
    incident: { incidentId },
    clock: { state: 'closed', keys: [{ keyId, refused: { seconds: expect.any(Number) } }] },
    next: null,
  });
});

test('an incident that nobody knows', async () => {
  const none = await world.run(`incident ${id}`);
  expect(none.code).toBe(2);
  expect(none.stderr).toContain('None was reported so far.');
  await write();
  const near = await world.run('incident inc-20261121-0000000b');
  expect(near.code).toBe(2);
  expect(near.stderr).toContain(`Perhaps you meant: keyturn incident ${id} --local`);
});

describe('whatever a report quotes', () => {
  test('stays text in HTML, which runs nothing and needs no other file', async () => {
    await write({
      state: 'awaiting-approval',
      reason: evil,
      reference: 'javascript:alert(1)',
      told: [{ at: sampleIncident().acceptedAt, to: evil, what: evil }],
    });
    const { stdout } = await world.run(`incident ${id} --html`);
    const { tags, text } = parsed(stdout);
    expect(new Set(tags)).toEqual(
      new Set('html head meta title style body h1 h2 p table thead tbody tr th td code ul li'.split(' ')),
    );
    expect(text).toContain('<script>alert("x")</script> | [a](javascript:b) <img src=x onerror=y> `c` **d** # e');
    expect(stdout).not.toMatch(/href="(?!https:)/);
    expect(stdout).toContain(`content="default-src 'none'; style-src 'unsafe-inline'`);
    expect(stdout.startsWith('<!doctype html>')).toBe(true);
    expect(stdout).toContain('@media print');
  });

  test('stays text in Markdown, and in its cell', async () => {
    await write({ reason: evil });
    const { stdout } = await world.run(`incident ${id}`);
    expect(stdout).toContain(
      String.raw`| Why | \<script\>alert("x")\</script\> \| \[a\](javascript:b) \<img src=x onerror=y\> \`c\` \*\*d\*\* \# e |`,
    );
  });

  test('is withheld when it looks like a key', async () => {
    const leaked = ['sk', 'proj', 'canary7Qm2xV9pL4sT8wZ1'].join('-');
    await write({ reason: `found ${leaked}`, reference: leaked, leak: { kind: 'unknown', why: leaked } });
    for (const form of ['', ' --html']) {
      const { stdout } = await world.run(`incident ${id}${form}`);
      expect(stdout).not.toContain(leaked);
      expect(stdout).toContain('withheld');
    }
  });

  test.each(['- a', '+ a', '1. a', '1) a', '---'])('"%s" at a start of a line makes no list', (text) => {
    expect(markdownOf([{ kind: 'paragraph', text }])).toMatch(/^\d*\\/);
  });

  test('is kept apart in code, and control characters are dropped', () => {
    const code = 'a`b``c|\u001b[31m\u202ed';
    const blocks = [{ kind: 'paragraph', text: { code } }] as const;
    expect(markdownOf(blocks)).toBe('``` a`b``c\\| [31m d ```\n');
    expect(htmlOf(blocks)).toContain('<p><code>a`b``c| [31m d</code></p>');
  });
});

const voids = ['meta'];
const entity = /&(amp|lt|gt|quot|#39);/g;

/** Reads HTML as strictly as XML: every tag is known and closed, every attribute quoted, every other sign escaped. */
const parsed = (html: string): { readonly tags: readonly string[]; readonly text: string } => {
  const tags: string[] = [];
  const open: string[] = [];
  let text = '';
  const token = /<(\/?)([a-z][a-z0-9]*)((?: [a-z-]+="[^"<>]*")*)>|([^<]+)|(<)/gy;
  for (const [whole, slash, tag, , words] of html.replace('<!doctype html>', '').matchAll(token)) {
    if (words !== undefined) {
      if (open.at(-1) !== 'style' && /[>]|&(?!(amp|lt|gt|quot|#39);)/.test(words))
        throw new Error(`Not escaped: ${words}`);
      text += words;
    } else if (tag === undefined) throw new Error(`Not a tag: ${whole}`);
    else if (slash === '/') {
      if (open.pop() !== tag) throw new Error(`</${tag}> closes another.`);
    } else {
      tags.push(tag);
      if (!voids.includes(tag)) open.push(tag);
    }
  }
  if (open.length > 0) throw new Error(`Not closed: ${open.join(', ')}`);
  const signs: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };
  return { tags, text: text.replaceAll(entity, (_, name: string) => signs[name] ?? '') };
};
