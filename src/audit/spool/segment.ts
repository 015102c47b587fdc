import { closeSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs';

const LINE_FEED = 0x0a;
/** Some 700 calls: what PostgreSQL takes well within the statement timeout, on a busy machine too. */
const BATCH_BYTES = 256 * 1024;

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

  /** Ends writing; what was written stays readable. Throws the file system's error: a remote one may refuse only now. */
  close(): void {
    const { descriptor } = this;
    this.descriptor = null;
    if (descriptor !== null) closeSync(descriptor);
  }

  /**
   * The complete lines, in batches that a statement can hold; a torn last one, of which nothing was acknowledged yet,
   * is left out. None when another process has taken the segment over, because this one showed no sign of life for too long.
   */
  *batches(): Generator<Buffer> {
    const content = this.content();
    const end = content.lastIndexOf(LINE_FEED) + 1;
    for (let start = 0; start < end;) {
      const last = Math.max(
        content.lastIndexOf(LINE_FEED, start + BATCH_BYTES),
        content.indexOf(LINE_FEED, start),
      );
      yield content.subarray(start, last + 1);
      start = last + 1;
    }
  }

  remove(): void {
    this.close();
    rmSync(this.path, { force: true });
  }

  private content(): Buffer {
    try {
      return readFileSync(this.path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return Buffer.alloc(0);
      throw error;
    }
  }
}
