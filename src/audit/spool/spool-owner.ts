import { rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { processSpace } from './process-space.js';

/** A process that has shown no sign of life for so long loses its segments to whoever finds them. */
const STALE_AFTER_MS = 60_000;

const FILE = /^(?<name>(?<host>[\w.-]+)~(?<pid>\d+)~[0-9a-f]{8})(?:~\d{8}\.ndjson(?:\.tally)?|\.alive)$/;

/** The names under which this process, which may run several applications, lives in spool directories. */
const here = new Set<string>();

/** A process as the names of its files in the spool directory tell: host and space of process ids, process id and a random part. */
export class SpoolOwner {
  private constructor(
    readonly name: string,
    private readonly host: string,
    private readonly pid: number,
  ) {}

  static ofThisProcess(random: Buffer): SpoolOwner {
    const host = `${hostname()}.${processSpace()}`.replaceAll(/[^\w.-]/g, '_');
    const name = `${host}~${process.pid}~${random.toString('hex')}`;
    here.add(name);
    return new SpoolOwner(name, host, process.pid);
  }

  /** The owner of a file of the spool directory, or null for a file that is not ours. */
  static of(file: string): SpoolOwner | null {
    const { name, host, pid } = FILE.exec(file)?.groups ?? {};
    return name === undefined ? null : new SpoolOwner(name, host!, Number(pid));
  }

  /** The file name of the owner's n-th segment; they sort in the order in which they were begun. */
  segment(sequence: number): string {
    return `${this.name}~${String(sequence).padStart(8, '0')}.ndjson`;
  }

  /** Shows the other processes that this one lives. */
  showLife(directory: string, nowMs: number): void {
    const file = this.signOfLife(directory);
    try {
      utimesSync(file, nowMs / 1000, nowMs / 1000);
    } catch {
      writeFileSync(file, '', { mode: 0o600 });
    }
  }

  /** Ends this process's life in the directory. */
  leave(directory: string): void {
    here.delete(this.name);
    rmSync(this.signOfLife(directory), { force: true });
  }

  signOfLife(directory: string): string {
    return join(directory, `${this.name}.alive`);
  }

  /**
   * Whether the process is gone. Where ids mean the same the process id tells at once, unless it is in use again; from
   * elsewhere (another container, or this one before it was made anew) and else the age of the sign of life decides.
   */
  isGone(directory: string, self: SpoolOwner, nowMs: number): boolean {
    if (here.has(this.name)) return false;
    if (this.host === self.host && (this.pid === self.pid || !isRunning(this.pid))) return true;
    return nowMs - lastSignOfLife(this.signOfLife(directory)) > STALE_AFTER_MS;
  }

  /**
   * Whether a process that last showed life at `lifeMs` must fear, after a suspended machine or a stopped process,
   * that its open segment is or will shortly be another's.
   */
  static isDoubtful(lifeMs: number, nowMs: number): boolean {
    return nowMs - lifeMs > STALE_AFTER_MS / 2;
  }
}

function lastSignOfLife(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
