import { readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../platform/clock/clock.js';
import type { MasterKey } from '../../platform/crypto/master-key.js';
import { LackingSegments } from './lacking-segments.js';
import { Segment } from './segment.js';
import { SentLines } from './sent-lines.js';
import { SpoolOwner } from './spool-owner.js';
import { readTally, TALLY_SUFFIX, TallyWriter } from './tally.js';

/** Limits the size of a segment, because segments are read as a whole. */
const SEGMENT_BYTES = 256 * 1024;

/** The files of one process in the spool directory: the open one, which grows, and those waiting to be sent. */
export class SpoolSegments {
  private open: Segment | null = null;
  private closed: Segment[] = [];
  private closedBytes = 0;
  private sequence = 0;
  private lifeMs = 0;
  /** Number of lines in the closed segments of this process. */
  private written = 0;
  private readonly sent: SentLines;
  private readonly lacking: LackingSegments;

  constructor(
    private readonly directory: string,
    private readonly owner: SpoolOwner,
    private readonly clock: Clock,
    private readonly key: MasterKey,
  ) {
    this.sent = new SentLines(owner.name);
    this.lacking = new LackingSegments(key);
    this.showLife();
  }

  /** Read for every request, so the closed segments, of which an outage makes thousands, are not added up each time. */
  get bytes(): number {
    return this.closedBytes + (this.open?.bytes ?? 0);
  }

  get hasClosed(): boolean {
    return this.closed.length > 0;
  }

  /** How long the oldest line has been waiting, in milliseconds. */
  get lagMs(): number {
    const oldest = this.closed[0] ?? this.open;
    return oldest ? Math.max(0, this.clock.nowMs() - oldest.sinceMs) : 0;
  }

  /**
   * Appends lines to the open segment, and returns it. Throws the file system's error; later lines go to another
   * segment.
   */
  append(lines: readonly string[]): Segment {
    try {
      if (SpoolOwner.isDoubtful(this.lifeMs, this.clock.nowMs())) this.showLife();
      // A tally names one secret.
      if (this.open !== null && this.open.keyId !== this.key.id) this.endOpen();
      const open = (this.open ??= this.begin());
      open.append(lines);
      if (open.bytes >= SEGMENT_BYTES) this.endOpen();
      return open;
    } catch (error) {
      this.endOpenAnyway();
      throw error;
    }
  }

  /**
   * Returns those to send, oldest first. The open one is closed only if no other waits, so that an outage does not
   * create many files.
   */
  waiting(): readonly Segment[] {
    if (this.closed.length === 0) this.endOpen();
    return [...this.closed];
  }

  /**
   * Removes a segment whose lines are committed. Returns the number of missing lines, including those of missing
   * segments of the same process before it.
   */
  remove(segment: Segment): number {
    segment.remove();
    const left = this.closed.filter((other) => other !== segment);
    if (left.length < this.closed.length) this.closedBytes -= segment.bytes;
    this.closed = left;
    const { tally, missing } = segment;
    if (tally === null || tally === 'forged') return missing;
    const gap = this.sent.add(tally);
    if (!left.some((other) => isOf(tally.owner, other))) this.sent.forget(tally.owner);
    return missing + gap;
  }

  /**
   * Moves a file to a path at which it becomes one of these segments. `moveTo` returns whether there was a file, and so
   * does this.
   */
  take(moveTo: (path: string) => boolean): boolean {
    const mine = this.nextPath();
    if (!moveTo(mine)) return false;
    this.add(Segment.leftBehind(mine, this.clock.nowMs(), readTally(mine, this.key)));
    return true;
  }

  /**
   * Updates the sign of life, and takes over the segments of processes that have ended, except those whose secret is not
   * known.
   */
  housekeep(): void {
    this.showLife();
    for (const file of readdirSync(this.directory).sort(SpoolOwner.compare)) {
      const owner = SpoolOwner.of(file);
      if (!owner?.isGone(this.directory, this.owner, this.lifeMs)) continue;
      const path = join(this.directory, file);
      if (this.lacking.includes(path)) continue;
      // A tally is moved with its segment. An earlier version, which has no tallies, leaves it behind.
      if (!file.endsWith('.ndjson')) rmSync(path, { force: true });
      else if (!this.take((mine) => isMovedWithTally(path, mine))) this.sent.noteShared(owner.name);
    }
  }

  /** Removes this process's files from the directory. Lines that could not be sent are left for another process. */
  leave(): void {
    this.endOpenAnyway();
    this.owner.leave(this.directory);
  }

  private add(closed: Segment): void {
    this.closed.push(closed);
    this.closedBytes += closed.bytes;
  }

  private endOpen(): void {
    const { open } = this;
    if (!open) return;
    this.open = null;
    this.add(open);
    this.written += open.lines;
    open.close();
  }

  /** Closes the open segment, even if the disk refuses that. May be called repeatedly. */
  endOpenAnyway(): void {
    try {
      this.endOpen();
    } catch {
      // A full disk may also refuse to close a file whose data it refused to write.
    }
  }

  private begin(): Segment {
    const path = this.nextPath();
    const start = { owner: this.owner.name, first: this.written };
    return Segment.begin(path, this.clock.nowMs(), new TallyWriter(path, this.key, start));
  }

  private nextPath(): string {
    this.sequence += 1;
    return join(this.directory, this.owner.segment(this.sequence));
  }

  private showLife(): void {
    const nowMs = this.clock.nowMs();
    if (SpoolOwner.isDoubtful(this.lifeMs, nowMs)) {
      this.endOpenAnyway();
      for (const segment of this.closed) segment.mayBeTakenOver = true;
    }
    this.lifeMs = nowMs;
    this.owner.showLife(this.directory, this.lifeMs);
  }
}

function isOf(owner: string, { tally }: Segment): boolean {
  return tally !== null && tally !== 'forged' && tally.owner === owner;
}

/** Returns false if another process moved the file first. */
function isMovedWithTally(from: string, to: string): boolean {
  if (!isMoved(from, to)) return false;
  isMoved(`${from}${TALLY_SUFFIX}`, `${to}${TALLY_SUFFIX}`);
  return true;
}

/** Returns false if there is no such file. */
function isMoved(from: string, to: string): boolean {
  try {
    renameSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}
