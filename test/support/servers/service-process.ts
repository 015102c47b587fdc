import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { freePort } from '../network/free-port.js';
import { eventually } from '../time/eventually.js';

/** The service in a separate process, as an operator runs it. */
export interface ServiceProcess {
  readonly child: ChildProcess;
  readonly url: string;
  /** The output to stdout and stderr so far. */
  readonly output: () => string;
  /** Resolves once the service is ready; rejects with its output if it ends instead. */
  readonly ready: Promise<void>;
  /** The exit code, or null if a signal ended it. */
  readonly ended: Promise<number | null>;
}

export interface ServiceOptions {
  /** The command to run; `npm start` by default. */
  readonly command?: readonly [program: string, ...args: string[]];
  readonly env?: Readonly<Record<string, string>>;
}

/** Includes the time for compilation. */
const READY_MS = 120_000;

/** Starts the service in its own process group, with only `env` as its configuration. */
export async function startService({
  command = ['npm', 'start'],
  env = {},
}: ServiceOptions): Promise<ServiceProcess> {
  const port = await freePort();
  const [program, ...args] = command;
  const { PATH, HOME } = process.env;
  const child = spawn(program, args, {
    env: { PATH, HOME, PORT: String(port), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => (output += chunk));
  }
  const ended = once(child, 'close').then(([code]) => code as number | null);
  const url = `http://127.0.0.1:${port}`;
  const answered = eventually(
    async () => {
      if (child.exitCode !== null) return;
      if ((await fetch(`${url}/health/ready`)).status !== 200) throw new Error(`not ready:\n${output}`);
    },
    { timeoutMs: READY_MS, intervalMs: 50 },
  );
  const failed = ended.then(() => {
    throw new Error(`The service ended before it was ready:\n${output}`);
  });
  const ready = Promise.race([answered, failed]);
  for (const outcome of [ready, failed]) outcome.catch(() => {});
  return { child, url, output: () => output, ready, ended };
}

/** The forked workers of a service, by their process ids. */
export async function childrenOf(pid: number): Promise<number[]> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
  const commands = await Promise.all(
    children
      .trim()
      .split(' ')
      .map(async (child) => ({
        pid: Number(child),
        command: await readFile(`/proc/${child}/cmdline`, 'utf8').catch(() => ''),
      })),
  );
  return commands.filter(({ command }) => command.includes('start.cjs')).map((child) => child.pid);
}
