import { createInterface } from 'node:readline';
import { createInterface as createPromises } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { CommandFailure, EXIT } from '../exit-codes.js';

/** A stream that may be a terminal. */
export type Input = NodeJS.ReadableStream & { readonly isTTY?: boolean };

/** Exit code of a command that Ctrl-C ends, as a shell reports it. */
const INTERRUPTED = 130;

/**
 * Reads a secret from standard input up to the last line break. On a terminal, asks for one line, without echo. Throws
 * {@link CommandFailure} if there is no input.
 */
export async function readSecret(name: string, input: Input, output: NodeJS.WritableStream): Promise<string> {
  const secret = input.isTTY
    ? await readHidden(`${name}: `, input, output)
    : (await readAll(input)).replace(/\r?\n$/, '');
  if (secret !== '') return secret;
  throw new CommandFailure(EXIT.noInput, `${name}: there is none on standard input.`);
}

/** Asks a yes-or-no question on a terminal; only `y` and `yes` count as yes. */
export async function confirm(
  question: string,
  input: NodeJS.ReadableStream,
  output: NodeJS.WritableStream,
): Promise<boolean> {
  const lines = createPromises({ input, output });
  try {
    return /^y(es)?$/i.test((await lines.question(`${question} [y/N] `)).trim());
  } finally {
    lines.close();
  }
}

/** Reads a line with readline on a terminal in raw mode, where typed text appears only if readline prints it. */
async function readHidden(prompt: string, input: Input, output: NodeJS.WritableStream): Promise<string> {
  output.write(prompt);
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input, output: nowhere, terminal: true });
  try {
    return await new Promise((resolve, reject) => {
      lines.once('line', resolve);
      lines.once('SIGINT', () =>
        reject(new CommandFailure(INTERRUPTED, 'Interrupted; nothing was changed.')),
      );
      lines.once('close', () => resolve(''));
    });
  } finally {
    lines.close();
    output.write('\n');
  }
}

async function readAll(stream: NodeJS.ReadableStream): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8');
}
