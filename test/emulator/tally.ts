import { countsOf } from './counts-of.ts';

/** What an AWS client tells its logger of each call. */
type Told = {
  readonly clientName?: string;
  readonly commandName?: string;
  readonly input?: { readonly ExclusiveStartKey?: unknown };
  readonly error?: { readonly name?: string };
};

/** Counts what is really asked of AWS: `logger` is for the clients' settings, `lines` for the end. */
export const tally = () => {
  const asked: string[] = [];
  const note = (told: object): void => {
    const { clientName = '', commandName = '', input, error }: Told = told;
    const page = input?.ExclusiveStartKey === undefined ? '' : ' of a further page';
    const refusal = error === undefined ? '' : ` refused with ${error.name ?? 'an error'}`;
    asked.push(`${clientName.replace(/Client$/, '')}:${commandName.replace(/Command$/, '')}${page}${refusal}`);
  };
  const nothing = (): void => undefined;
  return {
    logger: { trace: nothing, debug: nothing, warn: nothing, info: note, error: note },
    lines: (): readonly string[] => countsOf(asked, ':'),
  };
};
