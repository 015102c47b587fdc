import { appendFileSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * More refused records than this indicate a systematic failure. The following ones then wait, which is visible to the
 * operator.
 */
const MAX_BYTES = 1024 * 1024;

/** The file of records refused by PostgreSQL, which keeps them from blocking later ones. Shared by all processes. */
export class QuarantineFile {
  private readonly path: string;
  private size = 0;

  constructor(directory: string) {
    this.path = join(directory, 'rejected.ndjson');
    this.look();
  }

  /** The size when last checked, because it is read for each request. */
  get bytes(): number {
    return this.size;
  }

  /** Updates the size, which other processes may have changed. */
  look(): void {
    this.size = statSync(this.path, { throwIfNoEntry: false })?.size ?? 0;
  }

  /**
   * Adds a record, unless it is present: its segment is sent again if PostgreSQL becomes unavailable halfway through
   * it.
   */
  put(line: string): void {
    this.look();
    if (this.size > 0 && readFileSync(this.path, 'utf8').split('\n').includes(line)) return;
    if (this.size + line.length > MAX_BYTES)
      throw new Error(`PostgreSQL refuses too many records: ${this.path} is full.`);
    appendFileSync(this.path, `${line}\n`, { mode: 0o600 });
    this.look();
  }

  /** Removes the records that contain one of these texts. */
  removeWith(texts: readonly string[]): void {
    this.look();
    if (this.size === 0) return;
    const lines = readFileSync(this.path, 'utf8').split('\n');
    const kept = lines.filter((line) => !texts.some((text) => line.includes(text)));
    if (kept.length === lines.length) return;
    const draft = `${this.path}.${process.pid}`;
    writeFileSync(draft, kept.join('\n'), { mode: 0o600 });
    renameSync(draft, this.path);
    this.look();
  }

  /** Renames the file, so that its records are sent again. Returns false if there is none. */
  moveTo(path: string): boolean {
    try {
      renameSync(this.path, path);
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false; // Or another process was faster.
      throw error;
    } finally {
      this.look();
    }
  }
}
