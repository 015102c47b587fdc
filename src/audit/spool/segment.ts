import { closeSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs';
import { missingFrom, TALLY_SUFFIX, type Tally, type TallyWriter } from './tally.js';

const LINE_FEED = 0x0a;
/** Some 700 calls: what PostgreSQL takes well within the statement timeout, on a busy machine too. */
const BATCH_BYTES = 256 * 1024;

/**
 * An append-only file of lines. They are written by a synchronous call, so that they are in the operating system's
 * hands on return and outlive the process; only a crash of the machine itself may lose the last moments.
 */
export class Segment {
  /** Lines that the last reading should have found and did not, or 1 if it found them altered. */
  missing = 0;
  /** Whether another process may have taken it over, because this one showed no sign of life for too long. */
  mayBeTakenOver = false;
  private length = 0;
  private descriptor: number | null = null;
  private writer: TallyWriter | null = null;
  private known: Tally | 'forged' | null = null;

  private constructor(
    readonly path: string,
    /** When it was begun or found, milliseconds. */
    readonly sinceMs: number,
  ) {}

  /** Begins a new segment; throws the file system's error. */
  static begin(path: string, nowMs: number, writer: TallyWriter): Segment {
    const segment = new Segment(path, nowMs);
    segment.writer = writer;
    segment.descriptor = openSync(path, 'ax', 0o600);
    return segment;
  }

  /** A segment that another process, or an earlier life of this one, left behind. */
  static leftBehind(path: string, nowMs: number, tally: Tally | 'forged' | null): Segment {
    const segment = new Segment(path, nowMs);
    segment.known = tally;
    segment.length = statSync(path).size;
    return segment;
  }

  /** What it must contain; null if nobody knows, because a version without tallies wrote it. */
  get tally(): Tally | 'forged' | null {
    return this.writer?.current ?? this.known;
  }

  get bytes(): number {
    return this.length;
  }

  /** Lines that this process has written into it. */
  get lines(): number {
    return this.writer?.current.lines ?? 0;
  }

  /** Adds lines. Throws the file system's error, such as ENOSPC; a torn line is then the segment's last. */
  append(lines: readonly string[]): void {
    if (this.descriptor === null) throw new Error('The segment is closed.');
    const bytes = Buffer.from(`${lines.join('\n')}\n`);
    for (let written = 0; written < bytes.length;) written += writeSync(this.descriptor, bytes, written);
    this.length += bytes.length;
    this.writer?.add(lines.length, bytes);
  }

  /** Ends writing; what was written stays readable. Throws the file system's error: a remote one may refuse only now. */
  close(): void {
    const { descriptor } = this;
    this.descriptor = null;
    if (descriptor === null) return;
    this.writer?.close();
    closeSync(descriptor);
  }

  /**
   * The complete lines, in batches that a statement can hold; a torn last one, of which nothing was acknowledged yet,
   * is left out. None when another process has taken the segment over. Sets {@link missing}.
   */
  *batches(): Generator<Buffer> {
    const found = this.content();
    this.missing = this.missingFrom(found);
    const content = found ?? Buffer.alloc(0);
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
    rmSync(`${this.path}${TALLY_SUFFIX}`, { force: true });
  }

  private content(): Buffer | null {
    try {
      return readFileSync(this.path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw error;
    }
  }

  private missingFrom(content: Buffer | null): number {
    const { tally } = this;
    if (tally === null || (content === null && this.mayBeTakenOver)) return 0;
    return tally === 'forged' ? 1 : missingFrom(content ?? Buffer.alloc(0), tally);
  }
}
