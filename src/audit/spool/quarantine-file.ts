import { appendFileSync, readFileSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** More than this is no accident of single records; what follows then waits, which is seen, until somebody looks. */
const MAX_BYTES = 1024 * 1024;

/** The file of records that PostgreSQL refuses, out of the way of those behind them; shared by all processes. */
export class QuarantineFile {
  private readonly path: string;
  private size = 0;

  constructor(directory: string) {
    this.path = join(directory, 'rejected.ndjson');
    this.look();
  }

  /** As of the last look: it is asked for with each request. */
  get bytes(): number {
    return this.size;
  }

  /** Sees what other processes have put there, or taken. */
  look(): void {
    this.size = statSync(this.path, { throwIfNoEntry: false })?.size ?? 0;
  }

  /** Adds a record, unless it is there: its segment is sent again when PostgreSQL goes away in the middle of it. */
  put(line: string): void {
    this.look();
    if (this.size > 0 && readFileSync(this.path, 'utf8').split('\n').includes(line)) return;
    if (this.size + line.length > MAX_BYTES)
      throw new Error(`Too many records are refused by PostgreSQL: ${this.path} takes no more.`);
    appendFileSync(this.path, `${line}\n`, { mode: 0o600 });
    this.look();
  }

  /** Makes the file another one, to be sent again; false when there is none. */
  moveTo(path: string): boolean {
    try {
      renameSync(this.path, path);
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false; // Or another process was first.
      throw error;
    } finally {
      this.look();
    }
  }
}
