import { outcomes } from '../domain/rotation.ts';
import type { Run } from './call.ts';
import { lineOf, timeOf } from './entry-line.ts';
import { type FoundRotation, findRotation } from './find-rotation.ts';
import { nextOf } from './outcome-words.ts';
import { readRegister, withSession } from './session.ts';
import { timesOf } from './summary.ts';

/** A rotation's journal as a timeline, with its outcome and its proof. */
export const show: Run = async (call) =>
  withSession(call, await readRegister(call, 'ignored'), async (session) => {
    const found = await findRotation(session, call.arguments.positionals[0]);
    const { rotationId, credentialId, entries, record } = found;
    const open = record?.rotation?.rotationId === rotationId ? record.rotation : null;
    const outcome = outcomeOf(found);
    const times = timesOf(entries);
    const proof = open?.oldKeyProof ?? null;

    call.say(`${rotationId}: ${credentialId}, ${outcome ?? `at work (${open?.phase ?? 'begun'})`}`);
    for (const entry of entries) call.say(lineOf(entry));
    const facts: readonly (readonly [string, string | null])[] = [
      ['contained', times.containedAt && timeOf(times.containedAt)],
      ['cut over', times.cutOverAt && timeOf(times.cutOverAt)],
      ['refused', times.oldKeyRefusedAt && timeOf(times.oldKeyRefusedAt)],
      ['proof', proof === null ? (outcome === 'Done' ? times.detail : null) : `${proof.kind}: ${proof.evidence}`],
      ['next', outcome && nextOf({ outcome, rotationId, credential: credentialId }, session.flags)],
    ];
    for (const [name, text] of facts) if (text !== null && text !== '') call.say(`${name.padEnd(10)} ${text}`);
    return {
      exitCode: 0,
      json: {
        rotationId,
        credential: credentialId,
        outcome,
        phase: open?.phase ?? null,
        ...times,
        proof,
        oldKeyId: open?.old?.keyId ?? null,
        newKeyId: open?.new?.keyId ?? null,
        entries: entries.map((entry) => ({ ...entry })),
      },
    };
  });

const outcomeOf = ({ entries, record, rotationId }: FoundRotation) => {
  const event = entries.find(({ step }) => step === 'end')?.event;
  const recorded = outcomes.find((outcome) => outcome === event);
  return recorded ?? (record?.lastEnded?.rotationId === rotationId ? record.lastEnded.outcome : null);
};
