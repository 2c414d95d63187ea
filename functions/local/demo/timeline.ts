import type { HistoryEntry } from '../../../workflows/engine/journal.ts';
import { type Instant, instant, milliseconds } from '../../domain/identifiers.ts';
import type { RotationRequest, Urgency } from '../../domain/rotation.ts';
import { stepSentence, stepWords } from '../../domain/step-sentence.ts';
import type { JournalEntry } from '../../ports.ts';
import type { Local } from '../ports.ts';

/** Shows what rotations do while they do it, one plain line each. */
export class Timeline {
  readonly #local: Local;
  readonly #write: (line: string) => void;
  readonly #startedAt: Instant;
  readonly #columns: number | null;
  readonly #followed: { readonly request: RotationRequest; journal: number; history: number }[] = [];

  /** @param columns of the terminal; null without one: lines are then not broken */
  constructor(local: Local, startedAt: Instant, write: (line: string) => void, columns: number | null) {
    this.#local = local;
    this.#startedAt = startedAt;
    this.#write = write;
    this.#columns = columns;
  }

  say(who: string, text: string, at: Instant = this.#local.ports.clock.now()): void {
    const seconds = ((milliseconds(at) - milliseconds(this.#startedAt)) / 1000).toFixed(1);
    const head = `${seconds.padStart(5)} s  ${who.padEnd(22)}  `;
    const [first = '', ...others] = broken(text, this.#columns === null ? Infinity : this.#columns - head.length);
    this.#write(`${head}${first}`);
    for (const other of others) this.#write(`${' '.repeat(head.length)}${other}`);
  }

  follow(request: RotationRequest): void {
    if (this.#followed.some(({ request: { rotationId } }) => rotationId === request.rotationId)) return;
    this.#followed.push({ request, journal: 0, history: 0 });
  }

  /** Writes what is new. */
  async tick(): Promise<void> {
    const lines: { readonly at: Instant; readonly who: string; readonly text: string }[] = [];
    for (const followed of this.#followed) {
      const { rotationId, credentialId: who, urgency } = followed.request;
      const entries = await this.#local.ports.ledger.entries(rotationId);
      const history = await this.#local.journal.history(rotationId);
      const seen = [
        ...entries.slice(followed.journal).map((entry) => ({ at: entry.at, text: textOf(entry, urgency) })),
        ...history.slice(followed.history).map((entry) => ({ at: instant(entry.at), text: waitOf(entry, urgency) })),
      ];
      for (const { at, text } of seen) if (text !== null) lines.push({ at, who, text });
      followed.journal = entries.length;
      followed.history = history.length;
    }
    for (const { at, who, text } of lines.sort((left, right) => (left.at < right.at ? -1 : 1))) this.say(who, text, at);
  }
}

/** In lines of at most so many characters, broken between words. */
const broken = (text: string, width: number): readonly string[] => {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
};

/** Null for what another line says already. */
const textOf = (entry: JournalEntry, urgency: Urgency): string | null => {
  const { step, event, detail } = entry;
  if (step === 'end') return `${event}${detail === '' ? '' : ` (${detail})`}`;
  if (step === 'finish' && event === 'finish') return null;
  return stepSentence(entry, urgency) ?? `${step}${event === 'NothingChanged' ? ',' : ':'} ${stepWords(entry)}`;
};

const waitOf = ({ event, state }: HistoryEntry, urgency: Urgency): string | null => {
  if (event !== 'entered') return null;
  // An emergency passes through it without a wait.
  if (state === 'Overlap') return urgency === 'emergency' ? null : 'overlap: both keys live until consumers have moved';
  return state === 'LetCallsLand' ? 'waiting until calls in flight have landed' : null;
};
