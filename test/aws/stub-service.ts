import { createServer, type Server } from 'node:http';
import { onTestFinished } from 'vitest';

export interface Received {
  /** The operation: `GetSecretValue`. */
  readonly operation: string;
  readonly body: string;
}

/** `lost` closes the connection after the request was read: it was carried out, and nobody heard of it. */
export type Reply = Answer | 'lost' | ((received: readonly Received[]) => Answer);
type Answer = { readonly status: number; readonly body: string | object };

export interface StubService {
  readonly client: {
    readonly endpoint: string;
    readonly region: string;
    readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
    readonly maxAttempts: number;
  };
  readonly received: readonly Received[];
}

export const failure = (status: number, name: string, message = 'said by the service'): Reply => ({
  status,
  body: { __type: `com.amazonaws#${name}`, message },
});

/** An AWS service on loopback that answers as it is told, request by request; the last reply is repeated. */
export const stubService = async (replies: readonly Reply[], maxAttempts = 1): Promise<StubService> => {
  const received: Received[] = [];
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      const target = String(request.headers['x-amz-target'] ?? '');
      const operation = target.split('.').at(-1) || (new URLSearchParams(body).get('Action') ?? '');
      const told = replies[Math.min(received.length, replies.length - 1)];
      received.push({ operation, body });
      const reply = typeof told === 'function' ? told(received) : told;
      if (reply === undefined || reply === 'lost') {
        request.socket.destroy();
        return;
      }
      response.statusCode = reply.status;
      response.end(typeof reply.body === 'string' ? reply.body : JSON.stringify(reply.body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The stub has no port.');
  const client = {
    endpoint: `http://127.0.0.1:${address.port}`,
    region: 'eu-central-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts,
  };
  return { client, received };
};
