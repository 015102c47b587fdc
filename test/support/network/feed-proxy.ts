import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** What was forwarded to a client, and how long after its request, milliseconds. */
interface Sent {
  readonly afterMs: number;
  readonly bytes: Buffer;
}

/** A proxy that interferes with the answers to `GET /revocations`; it forwards everything else. */
export interface FeedProxy {
  readonly url: string;
  /** How much later than it came a part of an answer is forwarded, by how long ago its request was; milliseconds. */
  lateMs: (ageMs: number) => number;
  /** The `X-Request-Id` that requests for the list get instead of their own; null leaves it. */
  requestId: string | null;
  /** The number of requests for the list. */
  requests: number;
  /** Resets the connections on which the list is followed, and refuses the requests to follow. */
  cut(): void;
  /** Forwards requests, and keeps the answers. */
  silence(): void;
  /** Forwards nothing more on the connections that are open, as when a router has forgotten them. */
  forget(): void;
  /** Answers the requests to follow with what the first one was answered, `speed` times as fast. */
  replay(speed: number): void;
  /** Repeats the last part of the open answers instead of what the server sends, this often. */
  repeatEvery(ms: number): void;
  /** Forwards everything again. */
  heal(): void;
  stop(): Promise<void>;
}

type Interference =
  | { readonly kind: 'none' | 'cut' | 'silence' }
  | { readonly kind: 'replay'; readonly speed: number }
  | { readonly kind: 'repeat'; readonly everyMs: number };

const FEED = 'GET /revocations';

/** Listens on a free loopback port in front of the server at `target`. */
export async function startFeedProxy(target: string): Promise<FeedProxy> {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  const followers = new Set<Socket>();
  const forgotten = new Set<Socket>();
  const recording: Sent[] = [];
  let interference: Interference = { kind: 'none' };

  const forward = async (client: Socket, upstream: Socket): Promise<void> => {
    const startedMs = performance.now();
    const isFirst = proxy.requests === 1;
    let queue = Promise.resolve();
    let last: Buffer | null = null;
    upstream.on('data', (bytes: Buffer) => {
      if (isFirst) recording.push({ afterMs: performance.now() - startedMs, bytes });
      if (interference.kind === 'silence' || interference.kind === 'repeat' || forgotten.has(client)) return;
      last = bytes;
      const dueMs = performance.now() + proxy.lateMs(performance.now() - startedMs);
      queue = queue
        .then(() => delay(Math.max(0, dueMs - performance.now())))
        .then(() => void client.write(bytes));
    });
    while (!client.destroyed) {
      await delay(interference.kind === 'repeat' ? interference.everyMs : 20);
      if (interference.kind === 'repeat' && last !== null) client.write(last);
    }
  };
  const play = async (client: Socket, speed: number): Promise<void> => {
    const startedMs = performance.now();
    for (const { afterMs, bytes } of recording) {
      await delay(Math.max(0, startedMs + afterMs / speed - performance.now()));
      client.write(bytes);
    }
  };
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    }
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
    client.once('data', (request: Buffer) => {
      const isFeed = request.toString('latin1').startsWith(FEED);
      // Nor may the list be followed on a connection that was opened for another request.
      if (!isFeed) {
        upstream.pipe(client);
        upstream.write(
          request.toString('latin1').replace(/(\r\nconnection: )keep-alive/i, '$1close'),
          'latin1',
        );
      } else {
        proxy.requests += 1;
        followers.add(client);
        if (interference.kind === 'cut') return client.resetAndDestroy();
        if (interference.kind === 'replay') return void play(client, interference.speed);
        void forward(client, upstream);
        upstream.write(withRequestId(request, proxy.requestId));
      }
      return client.pipe(upstream);
    });
  });
  const proxy: FeedProxy = {
    url: '',
    lateMs: () => 0,
    requestId: null,
    requests: 0,
    cut: () => {
      interference = { kind: 'cut' };
      for (const follower of followers) follower.resetAndDestroy();
    },
    silence: () => (interference = { kind: 'silence' }),
    forget: () => {
      for (const follower of followers) forgotten.add(follower);
    },
    replay: (speed) => {
      interference = { kind: 'replay', speed };
      for (const follower of followers) follower.resetAndDestroy();
    },
    repeatEvery: (everyMs) => (interference = { kind: 'repeat', everyMs }),
    heal: () => {
      interference = { kind: 'none' };
      proxy.lateMs = () => 0;
    },
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      if (!server.listening) return;
      server.close();
      await once(server, 'close');
    },
  };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return Object.assign(proxy, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
}

function withRequestId(request: Buffer, id: string | null): Buffer {
  if (id === null) return request;
  return Buffer.from(request.toString('latin1').replace(/(\r\nx-request-id: )[^\r]*/i, `$1${id}`), 'latin1');
}
