import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import type { Socket } from 'node:net';
import { createInterface } from 'node:readline';
import type { StartOptions } from './types.js';

/** What a started service says of itself. */
export interface Announcement {
  readonly url: string;
  /** The key of a service account with every scope. */
  readonly adminKey: string;
  /** Where its caught mails are. */
  readonly mailbox: string;
}

/** Where a program finds its files, on every system. */
const PLACES = [
  'PATH',
  'HOME',
  'TMPDIR',
  'TEMP',
  'TMP',
  'XDG_CACHE_HOME',
  'LOCALAPPDATA',
  'USERPROFILE',
  'SystemRoot',
];

/** How much of its log a service that did not start is quoted with, characters. */
const QUOTED = 4000;

/** A service that runs as a process of its own, and ends with this one. */
export class ThrowawayProcess {
  private constructor(
    private readonly child: ChildProcess,
    readonly announcement: Announcement,
  ) {}

  /** Resolves once it accepts requests. Rejects with the end of its log if it ends before. */
  static async start({ limits = 'on', port, env = {} }: StartOptions): Promise<ThrowawayProcess> {
    const places = Object.fromEntries(
      PLACES.filter((name) => process.env[name] !== undefined).map((name) => [name, process.env[name]]),
    );
    // What is passed on from the environment of this process was not set for the service, which may ignore it.
    const given = Object.keys(env).filter((name) => env[name] !== process.env[name]);
    const words = [
      '--limits',
      limits,
      ...(port === undefined ? [] : ['--port', String(port)]),
      ...(given.length > 0 ? ['--assert-read', given.join()] : []),
    ];
    const child = spawn(process.execPath, [programPath(), 'ephemeral', ...words], {
      env: { ...places, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let log = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      log = (log + text).slice(-QUOTED);
    });
    const lines = createInterface({ input: child.stdout });
    const ended = once(child, 'close').then(([code]) => {
      throw new Error(`portcullis ended with ${String(code)} before it was ready:\n${log}`);
    });
    const [line] = (await Promise.race([once(lines, 'line'), ended])) as [string];
    ended.catch(() => undefined);
    // A test run that forgets to stop it can end all the same, and then so does the service.
    child.unref();
    for (const stream of [child.stdout, child.stderr]) (stream as Socket).unref();
    return new ThrowawayProcess(child, JSON.parse(line) as Announcement);
  }

  /** Resolves once the process has ended and removed its files. */
  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.ref();
    const ended = once(this.child, 'exit');
    this.child.kill();
    await ended;
  }
}

/** The command line of the package `portcullis`, which is installed beside this one. */
function programPath(): string {
  try {
    return createRequire(import.meta.url).resolve('portcullis/scripts/portcullis.cjs');
  } catch (cause) {
    throw new Error('The package portcullis is not installed beside @portcullis/testing.', { cause });
  }
}
