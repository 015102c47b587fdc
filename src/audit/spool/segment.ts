import { closeSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs';

const LINE_FEED = 0x0a;
/** About 700 calls, which PostgreSQL inserts well within the statement timeout even on a busy machine. */
const BATCH_BYTES = 256 * 1024;

/**
 * An append-only file of lines. Lines are written synchronously, so that the operating system has them on return and
 * they outlive the process. Only a crash of the machine can lose the most recent ones.
 */
export class Segment {
  private constructor(
    readonly path: string,
    /** When it was created or found, in milliseconds. */
    readonly sinceMs: number,
    private length: number,
    private descriptor: number | null,
  ) {}

  /** Creates a new segment. Throws the file system's error. */
  static begin(path: string, nowMs: number): Segment {
    return new Segment(path, nowMs, 0, openSync(path, 'ax', 0o600));
  }

  /** Opens a segment left by another process, or by a previous run of this one. */
  static leftBehind(path: string, nowMs: number): Segment {
    return new Segment(path, nowMs, statSync(path).size, null);
  }

  get bytes(): number {
    return this.length;
  }

  /**
   * Appends lines. Throws the file system's error, such as ENOSPC, after which an incomplete line is the segment's
   * last.
   */
  append(lines: readonly string[]): void {
    if (this.descriptor === null) throw new Error('The segment is closed.');
    const bytes = Buffer.from(`${lines.join('\n')}\n`);
    for (let written = 0; written < bytes.length;) written += writeSync(this.descriptor, bytes, written);
    this.length += bytes.length;
  }

  /**
   * Closes the file, which remains readable. Throws the file system's error; a remote file system may report it only
   * now.
   */
  close(): void {
    const { descriptor } = this;
    this.descriptor = null;
    if (descriptor !== null) closeSync(descriptor);
  }

  /**
   * Yields the complete lines, in batches that one statement can process. An incomplete last line, which was never
   * acknowledged, is omitted. Yields nothing if another process has taken over the segment, because this one gave no
   * sign of life for too long.
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
