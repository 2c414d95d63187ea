import { durationSeconds } from '../register/duration.ts';
import { sweepStrays } from '../watch/sweep-strays.ts';
import type { Run } from './call.ts';
import { CommandError } from './command-error.ts';
import { readRegister, withSession } from './session.ts';
import { table } from './table.ts';

const defaultGrace = '30m';

/** Revokes keys that Keyturn asked for and nobody needs; reports keys that it does not know. */
export const sweep: Run = async (call) => {
  const { values, switches } = call.arguments;
  const grace = values.get('grace') ?? defaultGrace;
  const graceSeconds = durationSeconds(grace);
  if (graceSeconds === null) {
    throw new CommandError({
      what: '--grace is not a time.',
      why: 'It is a whole number and a unit, such as 30s, 15m, 24h or 7d.',
      next: 'keyturn sweep --grace 30m',
    });
  }
  const dryRun = switches.has('dry-run');
  return withSession(call, await readRegister(call, 'checked'), async ({ ports }) => {
    const keys = await sweepStrays(ports, { provider: null, graceSeconds, dryRun });
    const revoked = keys.filter((key) => key.revoked).length;
    const rows = keys.map(({ provider, account, keyId, name, found, revoked: isRevoked }) => [
      provider,
      account,
      keyId,
      name ?? '-',
      isRevoked ? 'revoked' : meaning[found],
    ]);
    if (rows.length > 0) {
      for (const line of table([['PROVIDER', 'ACCOUNT', 'KEY', 'NAME', 'FOUND'], ...rows], call.io.stdout))
        call.say(line);
    }
    call.say(
      `${revoked} revoked, ${keys.length - revoked} left alone.${dryRun ? ' A dry run: nothing was changed.' : ''}`,
    );
    return { exitCode: 0, json: { keys, revoked, dryRun, graceSeconds } };
  });
};

const meaning = {
  dead: 'dead',
  'in-use': 'in use',
  stray: 'a stray: nobody needs it',
  'too-young': `a stray, younger than the grace`,
  'not-in-our-ledger': 'named like ours, not in our ledger: not touched',
  unknown: 'unknown: not touched',
} as const;
