import { Command, CommanderError } from 'commander';
import { EXIT } from '../exit-codes.js';
import { shown } from '../shown.js';
import { KeyFinder, type KeyFinding } from './key-finder.js';
import { bytesOf, filesOf, kindOfPath, partsOf } from './scanned-files.js';

/** What a scan reads and writes; `process` is one. */
interface Streams {
  readonly stdin: AsyncIterable<Buffer>;
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
}

const EXIT_FOUND = 1;

const KINDS: Readonly<Record<KeyFinding['kind'], string>> = {
  user: 'API key of a person',
  'service-account': 'API key of a service account',
};

const NOTES = `
Looks for API keys by their form and checksum, without a network. Links are not followed; node_modules, .git and binary
files are left out. A key is shown by its first ten characters only.

Exit codes: 0 nothing found; 1 keys found; 64 wrong usage; 66 nothing found, but something could not be read.
`;

const CANNOT_BE_SCANNED = {
  missing: 'does not exist',
  link: 'is a link, and links are not followed',
  other: 'is neither a file nor a folder',
} as const;

/** Scans the paths of a command line and writes a line for each key. Returns the exit code. */
export async function runScan(words: readonly string[], streams: Streams): Promise<number> {
  try {
    const { paths, json } = parsed(words, streams);
    const unusable = paths.flatMap((path) => {
      const kind = path === '-' ? 'file' : kindOfPath(path);
      return kind === 'file' || kind === 'folder' ? [] : [`${shown(path)} ${CANNOT_BE_SCANNED[kind]}.`];
    });
    if (unusable.length > 0) {
      for (const line of unusable) streams.stderr.write(`${line}\n`);
      return EXIT.usage;
    }
    return await new Scan(streams, json).run(paths);
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? 0 : EXIT.usage;
  }
}

function parsed(words: readonly string[], { stdout, stderr }: Streams): { paths: string[]; json: boolean } {
  const command = new Command('portcullis scan')
    .description('Finds API keys in files.')
    .argument('[path...]', 'files and folders; - is standard input (default: the working folder)')
    .option('--json', 'write one JSON object per key')
    .addHelpText('after', NOTES)
    .showHelpAfterError()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void stdout.write(text),
      writeErr: (text) => void stderr.write(text),
    })
    .parse([...words], { from: 'user' });
  const paths = command.args.length === 0 ? ['.'] : command.args;
  return { paths, json: command.opts<{ json?: true }>().json === true };
}

/** One run over some paths. */
class Scan {
  private found = 0;
  private unread = 0;

  constructor(
    private readonly streams: Streams,
    private readonly json: boolean,
  ) {}

  async run(paths: readonly string[]): Promise<number> {
    for (const path of paths) {
      if (path === '-') await this.search('-', this.streams.stdin);
      else if (kindOfPath(path) === 'file') await this.search(path, bytesOf(path));
      else
        for (const file of filesOf(path, (...fault) => this.complain(...fault)))
          await this.search(file, bytesOf(file));
    }
    if (this.found > 0) return EXIT_FOUND;
    return this.unread > 0 ? EXIT.noInput : 0;
  }

  private async search(path: string, bytes: AsyncIterable<Buffer>): Promise<void> {
    const finder = new KeyFinder();
    try {
      for await (const part of partsOf(bytes)) for (const key of finder.add(part)) this.report(path, key);
    } catch (error) {
      this.complain(path, error);
    }
  }

  private report(path: string, { line, kind, hint }: KeyFinding): void {
    this.found += 1;
    const text = this.json
      ? JSON.stringify({ path, line, kind, hint })
      : `${shown(path)}:${line}: ${KINDS[kind]}, ${hint}…`;
    this.streams.stdout.write(`${text}\n`);
  }

  private complain(path: string, error: unknown): void {
    this.unread += 1;
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    this.streams.stderr.write(`${shown(path)} cannot be read (${code}).\n`);
  }
}
