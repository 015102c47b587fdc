import { rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { processSpace } from './process-space.js';

/** After this time without a sign of life, other processes may take over a process's segments. */
const STALE_AFTER_MS = 60_000;

const FILE = /^(?<name>(?<host>[\w.-]+)~(?<pid>\d+)~[0-9a-f]{8})(?:~\d{8,}\.ndjson(?:\.tally)?|\.alive)$/;

const NUMERIC = new Intl.Collator('en', { numeric: true });

/** The names under which this process, which may run several applications, appears in spool directories. */
const here = new Set<string>();

/**
 * A process, as identified by the names of its files in the spool directory: host and PID scope, process id and a
 * random part.
 */
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

  /** Returns the owner of a file in the spool directory, or null for a file that is not part of the spool. */
  static of(file: string): SpoolOwner | null {
    const { name, host, pid } = FILE.exec(file)?.groups ?? {};
    return name === undefined ? null : new SpoolOwner(name, host!, Number(pid));
  }

  /**
   * Returns the file name of the owner's n-th segment. Names sort in the order of creation by {@link compare}.
   * A busy process fills a hundred million segments in four months, whose numbers have nine digits.
   */
  segment(sequence: number): string {
    return `${this.name}~${String(sequence).padStart(8, '0')}.ndjson`;
  }

  /** Compares two file names: those of one owner by their number, however many digits it has. */
  static compare(this: void, a: string, b: string): number {
    return NUMERIC.compare(a, b);
  }

  /** Shows other processes that this one is alive. */
  showLife(directory: string, nowMs: number): void {
    const file = this.signOfLife(directory);
    try {
      utimesSync(file, nowMs / 1000, nowMs / 1000);
    } catch {
      writeFileSync(file, '', { mode: 0o600 });
    }
  }

  /** Removes this process's sign of life from the directory. */
  leave(directory: string): void {
    here.delete(this.name);
    rmSync(this.signOfLife(directory), { force: true });
  }

  signOfLife(directory: string): string {
    return join(directory, `${this.name}.alive`);
  }

  /**
   * Whether the process has ended. Within the same PID scope, this follows from the process id, unless it has been
   * reused. Otherwise (another container, or this one before it was recreated), the age of the sign of life decides.
   */
  isGone(directory: string, self: SpoolOwner, nowMs: number): boolean {
    if (here.has(this.name)) return false;
    if (this.host === self.host && (this.pid === self.pid || !isRunning(this.pid))) return true;
    return nowMs - lastSignOfLife(this.signOfLife(directory)) > STALE_AFTER_MS;
  }

  /**
   * Whether a process whose last sign of life was at `lifeMs`, after it or its machine was suspended, must assume
   * that its open segment has been or will soon be taken over.
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
