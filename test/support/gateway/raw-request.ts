import { once } from 'node:events';
import { connect } from 'node:net';
import { eventually } from '../time/eventually.js';

/** An answer as it arrived, or the absence of one: status 0 for a connection that was closed without any. */
export interface RawResponse {
  readonly status: number;
  /** Names in lower case; the values of a repeated field are in a list. */
  readonly fields: Readonly<Record<string, readonly string[]>>;
  readonly body: string;
}

/** A request whose parts are sent as they are, byte for byte (latin1). */
export interface RawRequest {
  readonly method?: string;
  readonly path?: string;
  readonly host?: string;
  /** Lines of the head, without line ends. */
  readonly lines?: readonly string[];
  readonly body?: string;
  /** An address of 127.0.0.0/8 to send it from. */
  readonly from?: string;
}

/** Sends a request, and returns what comes back until the server closes the connection. */
export async function sendRaw(url: string, request: RawRequest = {}): Promise<RawResponse> {
  const { method = 'GET', path = '/', lines = [], body = '', from } = request;
  const { host, hostname, port } = new URL(url);
  const socket = connect({ port: Number(port), host: hostname, ...(from && { localAddress: from }) });
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk)).on('error', () => undefined);
  const head = [
    `${method} ${path} HTTP/1.1`,
    `Host: ${request.host ?? host}`,
    ...(lines.some((line) => /^connection:/i.test(line)) ? [] : ['Connection: close']),
    ...(body === '' ? [] : [`Content-Length: ${body.length}`]),
    ...lines,
  ];
  socket.write(Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`, 'latin1'));
  const closed = once(socket, 'close');
  // Some programs keep the connection open after a refusal.
  const whole = eventually(
    () => {
      if (!isWhole(Buffer.concat(chunks).toString('latin1'))) throw new Error('no whole answer');
    },
    { timeoutMs: 15_000, intervalMs: 10 },
  );
  await Promise.race([closed, whole]);
  socket.destroy();
  return parse(Buffer.concat(chunks).toString('latin1'));
}

function isWhole(answer: string): boolean {
  // What follows belongs to another protocol.
  if (answer.startsWith('HTTP/1.1 101 ')) return answer.includes('\r\n\r\n');
  const [, length] = /^content-length: (\d+)\r\n/im.exec(answer) ?? [];
  const end = answer.indexOf('\r\n\r\n');
  return length !== undefined && end >= 0 && answer.length >= end + 4 + Number(length);
}

function parse(answer: string): RawResponse {
  const end = answer.indexOf('\r\n\r\n');
  if (end < 0) return { status: 0, fields: {}, body: answer };
  const [statusLine = '', ...lines] = answer.slice(0, end).split('\r\n');
  const fields: Record<string, string[]> = {};
  for (const line of lines) {
    const name = line.slice(0, line.indexOf(':')).toLowerCase();
    (fields[name] ??= []).push(line.slice(line.indexOf(':') + 1).trim());
  }
  return { status: Number(statusLine.split(' ')[1]), fields, body: answer.slice(end + 4) };
}
