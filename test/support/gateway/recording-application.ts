import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** A request as it reached the application. */
export interface ReachedRequest {
  readonly method: string;
  /** The request target, unchanged. */
  readonly url: string;
  /** Names and values as they were sent, in their order. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly bodyLength: number;
}

/** An application without a login of its own, which records what reaches it. */
export interface RecordingApplication {
  readonly port: number;
  /** Requests so far, the oldest first; the test can empty it. */
  readonly reached: ReachedRequest[];
  stop(): Promise<void>;
}

/** RFC 6455 section 1.3. */
const WEBSOCKET_GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/**
 * Listens on a free loopback port. It answers `application`; `/stream` sends one line at once and another only when the
 * client has sent a body; `/refuses` answers 401; an upgrade, to whatever protocol, is accepted and returns all bytes.
 */
export async function startApplication(): Promise<RecordingApplication> {
  const reached: ReachedRequest[] = [];
  const note = ({ method = '', url = '', rawHeaders }: IncomingMessage, bodyLength: number) => {
    const fields = rawHeaders
      .filter((_, index) => index % 2 === 0)
      .map((name, index) => [name, rawHeaders[2 * index + 1]!] as const);
    reached.push({ method, url, fields, bodyLength });
  };
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    if (request.url === '/stream') response.write('first\n');
    note(request, (await text(request)).length);
    if (request.url === '/refuses')
      response.writeHead(401, { 'www-authenticate': 'Basic' }).end('of the application');
    else response.end(request.url === '/stream' ? 'last\n' : 'application');
  };
  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  server.on('upgrade', (request, socket) => {
    note(request, 0);
    const key = String(request.headers['sec-websocket-key']);
    const accept = createHash('sha1')
      .update(key + WEBSOCKET_GUID)
      .digest('base64');
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    );
    socket.on('error', () => undefined).pipe(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    reached,
    stop: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
