import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

/** How the proxy handles one request. */
interface Passage {
  /** Delay of the response, milliseconds. */
  readonly lateMs?: number;
  /** The response that the proxy itself sends, as if the service were overloaded. */
  readonly refusal?: { readonly status: number; readonly headers?: Readonly<Record<string, string>> };
  /** The status that the proxy sends instead of the service's answer. */
  readonly lostBy?: number;
  /** Ends the connection without a response, before or after the service has answered. */
  readonly broken?: 'before' | 'after';
}

/** One host that serves a page and forwards requests to the instances of the service in turn. */
export interface RoundRobin {
  readonly port: number;
  /** Method and path of all requests for the service, including those that were not forwarded. */
  readonly seen: string[];
  /** Method and path of the requests whose answers were forwarded. */
  readonly answered: string[];
  /** Decides how each request to the service is handled; by default, all requests are forwarded. */
  passage: (call: string) => Passage;
  stop(): Promise<void>;
}

/** Listens on `port`, serves `pages` itself and forwards everything else to the `instances` in turn. */
export async function startRoundRobin(
  port: number,
  instances: readonly string[],
  pages: Readonly<Record<string, { readonly type: string; readonly body: string }>>,
): Promise<RoundRobin> {
  let count = 0;
  const proxy: RoundRobin = {
    port,
    seen: [],
    answered: [],
    passage: () => ({}),
    stop: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
  const server = createServer((incoming, outgoing) => {
    const page = pages[incoming.url ?? ''];
    if (page) {
      outgoing.setHeader('content-type', page.type).end(page.body);
      return;
    }
    const call = `${incoming.method} ${incoming.url}`;
    proxy.seen.push(call);
    const instance = instances[(count += 1) % instances.length]!;
    pass(incoming, outgoing, instance, proxy.passage(call)).then(
      () => proxy.answered.push(call),
      () => outgoing.destroy(),
    );
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return proxy;
}

async function pass(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  instance: string,
  { lateMs = 0, refusal, lostBy, broken }: Passage,
): Promise<void> {
  if (broken === 'before') return void outgoing.destroy();
  if (refusal) return void outgoing.writeHead(refusal.status, refusal.headers).end('{}');
  const { method, url, headers } = incoming;
  const onward = request(instance + url, { method: method!, headers });
  incoming.pipe(onward);
  const [answer] = (await once(onward, 'response')) as [IncomingMessage];
  await delay(lateMs);
  if (broken === 'after') return void outgoing.destroy();
  if (lostBy !== undefined) return void outgoing.writeHead(lostBy).end('{}');
  outgoing.writeHead(answer.statusCode!, answer.rawHeaders);
  answer.pipe(outgoing);
}
