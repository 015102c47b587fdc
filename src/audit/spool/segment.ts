import { closeSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs';
import { LINE_FEED } from '../../platform/database/line-count.js';
import { UTF8_BYTES_PER_UNIT } from '../../platform/memory/utf8.js';
import { missingFrom, TALLY_SUFFIX, type Tally, type TallyWriter } from './tally.js';

/** Room for the lines of a busy turn of the event loop. Reused, because allocating it would take longer than filling it. */
const scratch = Buffer.alloc(128 * 1024);
/** About 700 calls, which PostgreSQL inserts well within the statement timeout even on a busy machine. */
const BATCH_BYTES = 256 * 1024;

/**
 * An append-only file of lines. Lines are written synchronously, so that the operating system has them on return and
 * they outlive the process. Only a crash of the machine can lose the most recent ones.
 */
export class Segment {
  /** Number of lines missing at the last reading, or 1 if lines were changed and none is missing. */
  missing = 0;
  /** Whether another process may have taken over the segment, because this one gave no sign of life for too long. */
  mayBeTakenOver = false;
  private length = 0;
  private descriptor: number | null = null;
  private writer: TallyWriter | null = null;
  private known: Tally | 'forged' | null = null;

  private constructor(
    readonly path: string,
    /** When it was created or found, in milliseconds. */
    readonly sinceMs: number,
  ) {}

  /** Creates a new segment. Throws the file system's error, after it has removed the tally. */
  static begin(path: string, nowMs: number, writer: TallyWriter): Segment {
    const segment = new Segment(path, nowMs);
    segment.writer = writer;
    try {
      segment.descriptor = openSync(path, 'ax', 0o600);
    } catch (error) {
      writer.discard();
      throw error;
    }
    return segment;
  }

  /** Opens a segment left by another process, or by a previous run of this one. */
  static leftBehind(path: string, nowMs: number, tally: Tally | 'forged' | null): Segment {
    const segment = new Segment(path, nowMs);
    segment.known = tally;
    segment.length = statSync(path).size;
    return segment;
  }

  /** The expected contents; null if unknown, because an earlier version wrote the segment. */
  get tally(): Tally | 'forged' | null {
    return this.writer?.current ?? this.known;
  }

  get bytes(): number {
    return this.length;
  }

  /** The key id of the master secret that was current when this process began the segment; null for one of another process. */
  get keyId(): string | null {
    return this.writer?.keyId ?? null;
  }

  /** Number of lines that this process has written to the segment. */
  get lines(): number {
    return this.writer?.current.lines ?? 0;
  }

  /**
   * Appends lines. Throws the file system's error, such as ENOSPC, after which an incomplete line is the segment's
   * last.
   */
  append(lines: readonly string[]): void {
    if (this.descriptor === null) throw new Error('The segment is closed.');
    const bytes = bytesOf(lines);
    for (let written = 0; written < bytes.length;) written += writeSync(this.descriptor, bytes, written);
    this.length += bytes.length;
    this.writer?.add(lines.length, bytes);
  }

  /**
   * Closes the file, which remains readable. Throws the file system's error; a remote file system may report it only
   * now.
   */
  close(): void {
    const { descriptor } = this;
    this.descriptor = null;
    if (descriptor === null) return;
    this.writer?.close();
    closeSync(descriptor);
  }

  /**
   * Yields the complete lines, in batches that one statement can process. An incomplete last line, which was never
   * acknowledged, is omitted. Yields nothing if another process has taken over the segment. Sets {@link missing}.
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

/** Returns the lines in UTF-8, each ended by a line feed. The bytes are valid until the next call. */
function bytesOf(lines: readonly string[]): Buffer {
  const units = lines.reduce((sum, line) => sum + line.length, 0);
  if (units * UTF8_BYTES_PER_UNIT + lines.length > scratch.length)
    return Buffer.from(`${lines.join('\n')}\n`);
  let length = 0;
  for (const line of lines) {
    length += scratch.write(line, length);
    scratch[length++] = LINE_FEED;
  }
  return scratch.subarray(0, length);
}
