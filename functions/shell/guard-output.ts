import { guarded } from './wall.ts';

const consoleMethods = ['debug', 'error', 'info', 'log', 'trace', 'warn'] as const;

let guarding = false;

/**
 * Puts the wall before everything that this process writes: the two streams, and the console, which Lambda's runtime
 * turns away from them. For a process of our own, once, at its start.
 */
export const guardOutput = (): void => {
  if (guarding) return;
  guarding = true;
  for (const stream of [process.stdout, process.stderr]) guardStream(stream);
  for (const method of consoleMethods) {
    const write = console[method].bind(console);
    console[method] = (...parts: unknown[]) => {
      write(...parts.map(guarded));
    };
  }
};

const guardStream = (stream: NodeJS.WriteStream): void => {
  const write = stream.write.bind(stream);
  stream.write = (chunk: string | Uint8Array, ...others: never[]): boolean => {
    const text = typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8');
    const safe = guarded(text);
    return write(safe === text ? chunk : `${safe}\n`, ...others);
  };
};
