import { Command, InvalidArgumentError, Option } from 'commander';

/** The command line of `start:ephemeral`. */
export interface EphemeralOptions {
  /** Null: a free one. */
  readonly port: number | null;
  readonly limits: boolean;
  /** The path of the log; null: standard error. */
  readonly log: string | null;
  readonly ignoreEnv: boolean;
  /** Names of variables that have been set for this service, and must be among those that it reads. */
  readonly assertRead: readonly string[];
}

const NOTES = `
Prints one line of JSON, { url, adminKey, mailbox }, when it is ready, and ends with the process that started it.
Nothing is kept. Exit codes: 0 ended; 64 wrong usage; 78 refused because of the environment.
`;

/** Parses the words of the command line. Throws commander's `CommanderError`, after it has explained the fault. */
export function ephemeralOptions(words: readonly string[]): EphemeralOptions {
  const { port, limits, log, ignoreEnv, assertRead } = new Command('portcullis ephemeral')
    .description(
      'A throwaway service for tests: its own PostgreSQL, caught mails, a clock that can be moved.',
    )
    .option('--port <number>', 'port on loopback (default: a free one)', portNumber)
    .addOption(
      new Option('--limits <on|off>', 'rate limits and waits as in production, or none')
        .choices(['on', 'off'])
        .default('on'),
    )
    .option('--log <file>', 'append the log to this file (default: standard error)')
    .option('--ignore-env', 'start although DATABASE_URL or NODE_ENV=production is set')
    .option('--assert-read <names>', 'refuse these variables, separated by commas, if it does not read them')
    .allowExcessArguments(false)
    .addHelpText('after', NOTES)
    .showHelpAfterError()
    .exitOverride()
    .parse([...words], { from: 'user' })
    .opts<{ port?: number; limits: 'on' | 'off'; log?: string; ignoreEnv?: true; assertRead?: string }>();
  return {
    port: port ?? null,
    limits: limits === 'on',
    log: log ?? null,
    ignoreEnv: ignoreEnv === true,
    assertRead: assertRead?.split(',') ?? [],
  };
}

function portNumber(text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port >= 1 && port <= 65_535) return port;
  throw new InvalidArgumentError('It must be a number from 1 to 65535.');
}
