import { closeSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs';

/**
 * An append-only file of lines. They are written by a synchronous call, so that they are in the operating system's
 * hands on return and outlive the process; only a crash of the machine itself may lose the last moments.
 */
export class Segment {
  private constructor(
    readonly path: string,
    /** When it was begun or found, milliseconds. */
    readonly sinceMs: number,
    private length: number,
    private descriptor: number | null,
  ) {}

  /** Begins a new segment; throws the file system's error. */
  static begin(path: string, nowMs: number): Segment {
    return new Segment(path, nowMs, 0, openSync(path, 'ax', 0o600));
  }

  /** A segment that another process, or an earlier life of this one, left behind. */
  static leftBehind(path: string, nowMs: number): Segment {
    return new Segment(path, nowMs, statSync(path).size, null);
  }

  get bytes(): number {
    return this.length;
  }

  /** Adds lines. Throws the file system's error, such as ENOSPC; a torn line is then the segment's last. */
  append(lines: readonly string[]): void {
    if (this.descriptor === null) throw new Error('The segment is closed.');
    const bytes = Buffer.from(`${lines.join('\n')}\n`);
    for (let written = 0; written < bytes.length;) written += writeSync(this.descriptor, bytes, written);
    this.length += bytes.length;
  }

  /** Ends writing; what was written stays readable. */
  close(): void {
    if (this.descriptor !== null) closeSync(this.descriptor);
    this.descriptor = null;
  }

  /**
   * The complete lines; a torn last one, of which nothing was acknowledged yet, is left out. None when another process
   * has taken the segment over, because this one showed no sign of life for too long.
   */
  lines(): string[] {
    try {
      return readFileSync(this.path, 'utf8').split('\n').slice(0, -1);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
  }

  remove(): void {
    this.close();
    rmSync(this.path, { force: true });
  }
}
