import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readProcess } from '../../../src/ephemeral/process/process-table.js';

/** The one line of standard output. */
interface Announcement {
  readonly url: string;
  readonly adminKey: string;
  readonly mailbox: string;
}

/** A started `start:ephemeral`, with a temporary folder of its own, so that what it leaves behind can be seen. */
export interface EphemeralProcess {
  readonly child: ChildProcess;
  readonly temporary: string;
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Resolves with the line; rejects with the log if the process ends before. */
  readonly ready: Promise<Announcement>;
  /** Its exit code, or null when a signal ended it. */
  readonly ended: Promise<number | null>;
}

/** How the process is started. */
export interface EphemeralStart {
  readonly words?: readonly string[];
  readonly command?: readonly [program: string, ...words: string[]];
  readonly env?: Readonly<Record<string, string>>;
}

export const EPHEMERAL = [process.execPath, 'scripts/portcullis.cjs', 'ephemeral'] as const;

/** Starts it in a session of its own, so that nothing but a signal or its lineage can end it. */
export async function startEphemeral({
  words = [],
  command = EPHEMERAL,
  env = {},
}: EphemeralStart = {}): Promise<EphemeralProcess> {
  const temporary = await mkdtemp(join(tmpdir(), 'ephemeral '));
  const { PATH, HOME } = process.env;
  const [program, ...rest] = command;
  const child = spawn(program, [...rest, ...words], {
    env: { PATH, HOME, TMPDIR: temporary, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk));
  const ended = once(child, 'close').then(([code]) => code as number | null);
  const ready = new Promise<Announcement>((resolve, reject) => {
    child.stdout.on('data', () => {
      if (stdout.includes('\n')) resolve(JSON.parse(stdout.slice(0, stdout.indexOf('\n'))) as Announcement);
    });
    child.once('close', (code) => reject(new Error(`It ended with ${code}:\n${stderr}`)));
  });
  ready.catch(() => undefined);
  return { child, temporary, stdout: () => stdout, stderr: () => stderr, ready, ended };
}

/** The processes that work for the service of a temporary folder, and the shared memory of its database. */
export interface Traces {
  readonly processes: number[];
  readonly segments: string[];
  readonly files: string[];
}

/** What of a service can be seen in the process table, in shared memory and in its temporary folder. */
export async function tracesOf(temporary: string): Promise<Traces> {
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const processes = ids.filter((id) => readProcess(id)?.words.some((word) => word.includes(temporary)));
  // npm keeps its own compiled code there.
  const names = await readdir(temporary, { recursive: true });
  const files = names.filter((name) => !name.startsWith('node-compile-cache'));
  const locks = files.filter((name) => name.endsWith('postmaster.pid'));
  const segments = await Promise.all(
    locks.map(
      async (name) => (await readFile(join(temporary, name), 'utf8')).split('\n')[6]!.trim().split(/\s+/)[1]!,
    ),
  );
  return { processes, segments, files };
}

/** Whether a System V segment exists. */
export async function hasSegment(id: string): Promise<boolean> {
  const lines = (await readFile('/proc/sysvipc/shm', 'utf8')).trim().split('\n').slice(1);
  return lines.some((line) => line.trim().split(/\s+/)[1] === id);
}
