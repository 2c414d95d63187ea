import { Fault } from '../domain/fault.ts';
import { StoreError } from '../local/store-error.ts';
import { SettingsError } from '../providers/provider.ts';
import { holdsKey } from '../register/key-like.ts';
import { RegisterError } from '../register/problem.ts';
import { CommandError, type Explanation, nothingChanged } from './command-error.ts';

interface Explained {
  readonly explanation: Explanation;
  /** What a person reads: the four parts, or the error's own text where that has them already. */
  readonly lines: readonly string[];
  readonly exitCode: 1 | 2;
}

/** Turns whatever was thrown into what a person is told: no stack trace, no secret. */
export const explain = (error: unknown): Explained => {
  if (error instanceof CommandError) return inFourLines(error.explanation, error.exitCode);
  if (error instanceof RegisterError) {
    const [first, ...others] = error.problems;
    return {
      explanation: {
        what: first === undefined ? error.message : `${first.file}:${first.line} ${first.rule}: ${first.what}`,
        why: [
          ...(first === undefined ? [] : [first.why]),
          ...others.map((other) => `${other.file}:${other.line} ${other.what}`),
        ].join('; '),
        changed: nothingChanged,
        next: first?.next ?? 'Correct the register.',
      },
      lines: [error.message],
      exitCode: 2,
    };
  }
  if (error instanceof StoreError) {
    const [what = '', why = '', changed = nothingChanged, next = ''] = error.message.split('\n');
    return inFourLines({ what, why, changed, next }, 2);
  }
  if (error instanceof SettingsError) {
    return inFourLines(
      {
        what: 'The settings do not fit.',
        why: error.message,
        changed: nothingChanged,
        next: 'Correct them in the register and run the same command again.',
      },
      2,
    );
  }
  if (error instanceof Fault) return explainFault(error);
  return unexpected(error);
};

const inFourLines = (explanation: Explanation, exitCode: 1 | 2): Explained => ({
  explanation,
  lines: [
    explanation.what,
    `  why:     ${explanation.why}`,
    `  changed: ${explanation.changed}`,
    `  next:    ${explanation.next}`,
  ],
  exitCode,
});

const explainFault = ({ name, message }: Fault): Explained => {
  switch (name) {
    case 'NeedsPerson':
      return inFourLines(
        {
          what: 'Something has to be mended first.',
          why: message,
          changed: nothingChanged,
          next: /`?(keyturn [a-z][^`\n]*?)`?\.?$/.exec(message)?.[1] ?? 'Mend it, then run the same command again.',
        },
        2,
      );
    case 'NothingChanged':
      return inFourLines(
        {
          what: 'It could not be done at this moment.',
          why: message,
          changed: nothingChanged,
          next: 'Run the same command again.',
        },
        1,
      );
    case 'OutcomeUnknown':
      return inFourLines(
        {
          what: 'Nobody knows whether it was done.',
          why: message,
          changed: 'It may have been done, or not.',
          next: 'Look with: keyturn status. Running the same command again does no harm: it looks first.',
        },
        1,
      );
    case 'Refused':
      return inFourLines(
        { what: 'It was turned down.', why: message, changed: nothingChanged, next: 'keyturn status' },
        1,
      );
  }
};

const unexpected = (error: unknown): Explained => {
  const name = error instanceof Error ? error.name : typeof error;
  const message = error instanceof Error && !holdsKey(error.message) ? error.message : 'its message is withheld';
  return inFourLines(
    {
      what: `Keyturn met an error that it does not know: ${name}.`,
      why: message,
      changed: 'What was begun is on record; a rotation goes on from where it was.',
      next: 'keyturn status. Please report this with the two lines above, the command and its version (keyturn --version).',
    },
    1,
  );
};
