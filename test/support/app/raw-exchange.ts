import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** One response as received on the connection. */
export interface RawAnswer {
  readonly status: number;
  /** Names in lower case; the values of a repeated field are joined with a comma. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Opens a connection to a listening application, for requests that no client library would send. */
async function connectTo(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  return socket;
}

/** Sends bytes unchanged; returns the responses that arrive until the server closes the connection. */
export async function exchange(url: string, bytes: string | Buffer): Promise<RawAnswer[]> {
  const socket = await connectTo(url);
  socket.write(bytes);
  return answersOn(socket);
}

/** Reads all responses on a connection until it is closed. */
async function answersOn(socket: Socket): Promise<RawAnswer[]> {
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk)).on('error', () => undefined);
  await once(socket, 'close');
  return parseAnswers(Buffer.concat(chunks).toString('latin1'));
}

function parseAnswers(text: string): RawAnswer[] {
  const answers: RawAnswer[] = [];
  for (let rest = text; rest !== '';) {
    const headEnd = rest.indexOf('\r\n\r\n');
    if (headEnd < 0) throw new Error(`Not an HTTP answer: ${rest.slice(0, 200)}`);
    const [statusLine = '', ...lines] = rest.slice(0, headEnd).split('\r\n');
    const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(statusLine)?.[1]);
    if (!status) throw new Error(`Not a status line: ${statusLine}`);
    const headers = headersOf(lines);
    const length = status === 100 ? 0 : Number(headers['content-length'] ?? 0);
    const body = rest.slice(headEnd + 4, headEnd + 4 + length);
    if (status !== 100) answers.push({ status, headers, body: Buffer.from(body, 'latin1').toString() });
    rest = rest.slice(headEnd + 4 + length);
  }
  return answers;
}

function headersOf(lines: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const name = line.slice(0, line.indexOf(':')).toLowerCase();
    const value = line.slice(line.indexOf(':') + 1).trim();
    headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`;
  }
  return headers;
}
