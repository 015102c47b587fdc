import { connect as connectPlain, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

/** A request whose parts are sent byte for byte, which no client library would do. */
export interface RawRequest {
  readonly method?: string;
  /** The path of the URL by default. */
  readonly path?: string;
  /** Further lines of the head, without line ends. */
  readonly lines?: readonly string[];
}

/** The beginning of an answer. Status 0 means that the connection was closed, or stayed silent, without one. */
export interface RawAnswer {
  readonly status: number;
  /** Everything that arrived, head and body. */
  readonly text: string;
}

/** How long to wait for an answer, milliseconds; longer than a proxy may wait for Portcullis. */
const PATIENCE_MS = 15_000;
const MAX_BYTES = 1024 * 1024;

/** Sends a request to a URL, on a connection of its own. Throws the error of a connection that cannot be made. */
export async function sendRaw(
  url: URL,
  { method = 'GET', path, lines = [] }: RawRequest,
): Promise<RawAnswer> {
  const socket = await connected(url);
  const own = lines.some((line) => /^connection:/i.test(line)) ? [] : ['Connection: close'];
  const head = [
    `${method} ${path ?? url.pathname + url.search} HTTP/1.1`,
    `Host: ${url.host}`,
    ...own,
    ...lines,
  ];
  const chunks: Buffer[] = [];
  let size = 0;
  await new Promise<void>((resolve) => {
    socket.setTimeout(PATIENCE_MS, () => socket.destroy());
    socket
      .on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        size += chunk.length;
        if (size > MAX_BYTES || isWhole(Buffer.concat(chunks).toString('latin1'))) socket.destroy();
      })
      .on('error', () => undefined)
      .once('close', () => resolve());
    socket.write(Buffer.from(`${head.join('\r\n')}\r\n\r\n`, 'latin1'));
  });
  const text = Buffer.concat(chunks).toString('latin1');
  return { status: Number(/^HTTP\/1\.[01] (\d{3})/.exec(text)?.[1] ?? 0), text };
}

async function connected({ protocol, hostname, port }: URL): Promise<Socket> {
  const host = hostname.replaceAll(/[[\]]/g, '');
  const isTls = protocol === 'https:';
  const socket = isTls
    ? // An address is no name of a server (RFC 6066 section 3).
      connectTls({ host, port: Number(port || 443), ...(isIP(host) === 0 && { servername: host }) })
    : connectPlain({ host, port: Number(port || 80) });
  await new Promise<void>((resolve, reject) => {
    socket.setTimeout(PATIENCE_MS, () => socket.destroy(new Error('The host does not respond.')));
    socket.once(isTls ? 'secureConnect' : 'connect', () => resolve()).once('error', reject);
  });
  return socket.removeAllListeners('timeout');
}

/** Some proxies keep the connection open after a refusal, and all do after a change of the protocol. */
function isWhole(text: string): boolean {
  const end = text.indexOf('\r\n\r\n');
  if (end >= 0 && text.startsWith('HTTP/1.1 101 ')) return true;
  const head = text.slice(0, end + 1);
  if (/^transfer-encoding: *chunked\r$/im.test(head)) return text.endsWith('\r\n0\r\n\r\n');
  const length = /^content-length: *(\d+)\r$/im.exec(head)?.[1];
  return end >= 0 && length !== undefined && text.length >= end + 4 + Number(length);
}
