import { type IncomingMessage, type ServerResponse, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

interface ReceivedHook {
  readonly atMs: number;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  /** The body as received, which is the signed text. */
  readonly text: string;
  readonly body: Record<string, unknown>;
}

export type Behaviour = (request: IncomingMessage, response: ServerResponse) => void;

export const accepts: Behaviour = (_, response) => void response.writeHead(204).end();
export const answers = (status: number, headers: Record<string, string> = {}): Behaviour => {
  return (_, response) => void response.writeHead(status, headers).end();
};
/** Accepts the request and never responds. */
export const hangs: Behaviour = () => undefined;
/** Responds at once, with a body that never ends. */
export const floods: Behaviour = (_, response) => {
  response.writeHead(200);
  const pour = () => {
    while (!response.destroyed && response.write('x'.repeat(65_536)));
    if (!response.destroyed) response.once('drain', pour);
  };
  pour();
};

export interface WebhookReceiver {
  readonly url: string;
  readonly received: ReceivedHook[];
  behaviour: Behaviour;
  stop(): Promise<void>;
}

/** Starts a real receiver on loopback that stores the requests. */
export async function startReceiver(behaviour: Behaviour = accepts): Promise<WebhookReceiver> {
  const received: ReceivedHook[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString();
      received.push({
        atMs: Date.now(),
        path: request.url ?? '',
        headers: request.headers,
        text,
        body: JSON.parse(text) as Record<string, unknown>,
      });
      receiver.behaviour(request, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const receiver: WebhookReceiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/alerts`,
    received,
    behaviour,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return receiver;
}
