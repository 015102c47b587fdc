import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A proxy that can interrupt the connections to a server. */
export interface TcpProxy {
  readonly port: number;
  /** From now on, requests reach the server, but no reply is forwarded: each connection is reset at the first one. */
  resetOnAnswer(): void;
  /**
   * Forwards the first reply that contains these bytes, and then no further replies on its connection. With `deaf`,
   * requests are no longer forwarded either, as with a stopped server.
   */
  fallSilentAfter(answer: Buffer, options?: { deaf?: boolean }): void;
  /**
   * Holds back the first reply that contains these bytes and all later ones on its connection. Resolves as soon as it has
   * come, to a function that forwards it, but not the later ones.
   */
  holdBack(answer: Buffer): Promise<() => void>;
  /** Closes every connection and refuses new ones, as if the server did not exist. */
  cut(): void;
  /** Forwards everything again. */
  heal(): void;
  /** Forwards new connections to another server, as after a failover; existing ones are unchanged. */
  retarget(port: number): void;
  stop(): Promise<void>;
}

/** Listens on a free loopback port and forwards everything to `port`. */
export async function startTcpProxy(port: number): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  let resetting = false;
  let isCut = false;
  let silence: { after: Buffer; deaf: boolean } | null = null;
  let held: { answer: Buffer; arrived: (forward: () => void) => void } | null = null;
  let target = port;
  const server = createServer((client) => {
    if (isCut) {
      client.destroy();
      return;
    }
    const upstream = connect(target, '127.0.0.1');
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    }
    client.pipe(upstream);
    let isSilent = false;
    upstream.on('data', (answer: Buffer) => {
      if (held && answer.includes(held.answer)) {
        isSilent = true;
        held.arrived(() => client.write(answer));
        held = null;
      }
      if (resetting) client.resetAndDestroy();
      else if (!isSilent) client.write(answer);
      if (!silence || !answer.includes(silence.after)) return;
      isSilent = true;
      if (silence.deaf) client.unpipe(upstream).resume();
      silence = null;
    });
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    resetOnAnswer: () => {
      resetting = true;
    },
    fallSilentAfter: (after, { deaf = false } = {}) => {
      silence = { after, deaf };
    },
    holdBack: (answer) =>
      new Promise((arrived) => {
        held = { answer, arrived };
      }),
    cut: () => {
      isCut = true;
      for (const socket of sockets) socket.destroy();
    },
    heal: () => {
      isCut = false;
      resetting = false;
    },
    retarget: (next) => {
      target = next;
    },
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
