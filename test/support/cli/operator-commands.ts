import { execFile } from 'node:child_process';
import { runCommand } from '../../../src/cli/run-command.js';
import type { TestApp } from '../app/test-app.js';

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Additional environment variables; undefined removes one. */
export type CommandVariables = Readonly<Record<string, string | undefined>>;

export interface ProcessOptions {
  readonly input?: string;
  readonly variables?: CommandVariables;
  /** If false, the other end of stdout is closed at once, as with `| head -1`. */
  readonly reads?: boolean;
}

/** The environment of a command that is run next to a service, with the same configuration. */
function environmentBeside(app: TestApp, variables: CommandVariables): NodeJS.ProcessEnv {
  const { JWT_SECRET_KEY, PASSWORD_PEPPER, DATA_DIR } = app.environment;
  const { DATABASE_URL, DATABASE_MIGRATION_URL } = app.database.settings;
  return {
    PATH: process.env.PATH,
    NODE_ENV: 'test',
    BCRYPT_ROUNDS: '4',
    JWT_ALGORITHM: 'ES256',
    JWT_SECRET_KEY,
    PASSWORD_PEPPER,
    DATA_DIR,
    DATABASE_URL,
    DATABASE_MIGRATION_URL,
    ...variables,
  };
}

/**
 * Runs a command in this process, by default one of an operator, which takes a tenth of a process of its own; commands run one
 * after the other. What the command writes is returned and not printed.
 */
export async function runHere(
  app: TestApp,
  words: readonly string[],
  variables: CommandVariables = {},
  command: (words: readonly string[]) => Promise<number> = runCommand,
): Promise<Outcome> {
  const written = { stdout: '', stderr: '' };
  const restored = [capture('stdout', written), capture('stderr', written)];
  const environment = process.env;
  // Assigned as a whole, because an assigned undefined would become a string.
  process.env = JSON.parse(JSON.stringify(environmentBeside(app, variables))) as NodeJS.ProcessEnv;
  try {
    return { code: await command(words), ...written };
  } finally {
    process.env = environment;
    for (const restore of restored) restore();
  }
}

/** Runs a script as `npm run` does, in a process of its own. */
export function runProcess(
  app: TestApp,
  script: string,
  args: readonly string[],
  { input = '', variables = {}, reads = true }: ProcessOptions = {},
): Promise<Outcome> {
  const env = environmentBeside(app, variables);
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [script, ...args], { env }, (error, stdout, stderr) => {
      resolve({ code: Number(error?.code ?? 0), stdout, stderr });
    });
    child.stdin?.end(input);
    if (!reads) child.stdout?.destroy();
  });
}

function capture(name: 'stdout' | 'stderr', written: Record<'stdout' | 'stderr', string>): () => void {
  const write = process[name].write.bind(process[name]);
  process[name].write = (chunk: string | Uint8Array) => {
    written[name] += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8');
    return true;
  };
  return () => (process[name].write = write);
}
