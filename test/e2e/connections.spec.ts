import { Controller, Get, StreamableFile } from '@nestjs/common';
import { once } from 'node:events';
import type { Server } from 'node:http';
import { connect, type Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Public } from '../../src/platform/access/access.decorator.js';
import { exchange } from '../support/app/raw-exchange.js';
import { startApp, startBeside, type TestApp } from '../support/app/test-app.js';
import { eventually } from '../support/time/eventually.js';

/** How long a connection may outlive the server's end of it, and as much again for a busy machine. */
const GONE_WITHIN_MS = 1500;
/** An incomplete request has three seconds to become whole. */
const DRAINED_WITHIN_MS = 4500;
const MANY = 200;
const MAX_CONNECTIONS = 64;
/** A request whose body does not come; the server says that it waits for it. */
const UNFINISHED =
  'POST /auth/login HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 9\r\nexpect: 100-continue\r\n\r\n';

describe('connections of clients that never close', { timeout: 30_000 }, () => {
  let app: TestApp;
  let server: Server;
  const sockets: Socket[] = [];
  beforeAll(async () => {
    app = await startApp({ listen: true });
    server = app.app.getHttpServer();
  });
  afterEach(() => sockets.splice(0).forEach((socket) => socket.destroy()));
  afterAll(() => app.close());

  /** Connections that never answer the end of the server's side, for `allowHalfOpen` keeps the client's side open. */
  async function open(count: number, bytes: string, to = app): Promise<Socket[]> {
    const { hostname, port } = new URL(to.url);
    const opened = Array.from({ length: count }, () => {
      const socket = connect({ port: Number(port), host: hostname, allowHalfOpen: true });
      socket.on('error', () => undefined).resume();
      sockets.push(socket);
      return socket;
    });
    await Promise.all(opened.map((socket) => once(socket, 'connect')));
    if (bytes !== '') for (const socket of opened) socket.write(bytes);
    return opened;
  }

  /** The connections that a server holds. */
  const held = (of: Server) => promisify(of.getConnections.bind(of))();

  /** Waits until the client has seen the end of the server's side. */
  const ended = async (socket: Socket) => socket.readableEnded || once(socket, 'end');

  /** Waits until all clients have seen the end of the server's side, and then until the server holds none of them. */
  async function expectGone(opened: readonly Socket[]): Promise<void> {
    await Promise.all(opened.map(ended));
    const endedMs = performance.now();
    await eventually(async () => expect(await held(server)).toBe(0));
    expect(performance.now() - endedMs).toBeLessThan(GONE_WITHIN_MS);
  }

  it.each([
    ['what is no HTTP', 'hello\r\n\r\n'],
    ['a head of over 16 KiB', `GET / HTTP/1.1\r\nhost: x\r\nx-long: ${'a'.repeat(20_000)}\r\n\r\n`],
    [
      'a request that is refused, with Connection: close',
      'GET /none HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n',
    ],
    ['a request of HTTP/1.0', 'GET /health/live HTTP/1.0\r\nhost: x\r\n\r\n'],
  ])('are gone a second after the server ended its side: %s', async (_what, bytes) => {
    await expectGone(await open(MANY, bytes));
  });

  it('are gone a second after they were told that their head took too long', async () => {
    const { headersTimeout } = server;
    server.headersTimeout = 500;
    await expectGone([...(await open(MANY / 2, '')), ...(await open(MANY / 2, 'GET / HTTP/1.1\r\n'))]);
    server.headersTimeout = headersTimeout;
  });

  it('are gone when a connection that is kept alive was idle for too long', async () => {
    const { keepAliveTimeout } = server;
    server.keepAliveTimeout = 1;
    await expectGone(await open(MANY, 'GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n'));
    server.keepAliveTimeout = keepAliveTimeout;
  });

  it('do not hold up a drain, whether they have sent a request, a part of one or nothing', async () => {
    const other = await startBeside(app, { listen: true });
    for (const bytes of [
      '',
      'GET / HTTP/1.1\r\n',
      'GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n',
      UNFINISHED,
    ])
      await open(50, bytes, other);
    await eventually(async () => expect(await held(other.app.getHttpServer())).toBe(200));
    const startedMs = performance.now();
    await other.close();
    expect(performance.now() - startedMs).toBeLessThan(DRAINED_WITHIN_MS);
  });

  it('do not hold up a drain that began while they were sent a response', async () => {
    const body = new PassThrough();
    @Controller('unfinished')
    class UnfinishedController {
      @Get()
      @Public()
      get(): StreamableFile {
        return new StreamableFile(body);
      }
    }
    const other = await startBeside(app, { listen: true, controllers: [UnfinishedController] });
    const [socket] = await open(1, '', other);
    let received = '';
    socket!.setEncoding('utf8').on('data', (text: string) => (received += text));
    socket!.write('GET /unfinished HTTP/1.1\r\nhost: x\r\n\r\n');
    body.write('begun, ');
    await eventually(() => expect(received).toContain('begun, '));
    const leaving: Server = other.app.getHttpServer();
    const closed = other.close();
    await eventually(() => expect(leaving.listening).toBe(false));
    const endedMs = performance.now();
    body.end('and ended');
    await closed;
    expect(performance.now() - endedMs).toBeLessThan(DRAINED_WITHIN_MS);
    expect(received).toContain('and ended');
  });

  it('are let go where there are too many, the longest idle first, so that others get in', async () => {
    const small = await startBeside(app, {
      listen: true,
      variables: { MAX_CONNECTIONS: String(MAX_CONNECTIONS) },
    });
    try {
      const theirs = small.app.getHttpServer();
      for (let round = 0; round < 10; round += 1) {
        await open(20, '', small);
        expect(await held(theirs)).toBeLessThanOrEqual(MAX_CONNECTIONS);
        const [answer] = await exchange(
          small.url,
          'GET /health/live HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n',
        );
        expect(answer?.status).toBe(200);
      }
      // Requests in progress are never closed; when there is nothing else, the new connection is dropped.
      for (let n = 0; n < MAX_CONNECTIONS; n += 1) {
        const [busy] = await open(1, '', small);
        busy!.write(UNFINISHED);
        await once(busy!, 'data');
      }
      const [late] = await open(1, '', small);
      await ended(late!);
      expect(await held(theirs)).toBe(MAX_CONNECTIONS);
      const dropped = (await small.call({ url: '/metrics' })).body
        .split('\n')
        .filter((line) => line.startsWith('portcullis_http_dropped_connections_total{'))
        .map((line) => line.split(' '));
      expect(dropped.map(([name]) => name)).toEqual([
        'portcullis_http_dropped_connections_total{reason="idle"}',
        'portcullis_http_dropped_connections_total{reason="refused"}',
      ]);
      for (const [, count] of dropped) expect(Number(count)).toBeGreaterThan(0);
    } finally {
      await small.close();
    }
  });
});
