import { readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../platform/clock/clock.js';
import type { MasterKey } from '../../platform/crypto/master-key.js';
import { Segment } from './segment.js';
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
  /** By process, the number of its lines that have been sent or are known to be missing. */
  private readonly sentUpTo: Map<string, number>;

  constructor(
    private readonly directory: string,
    private readonly owner: SpoolOwner,
    private readonly clock: Clock,
    private readonly key: MasterKey,
  ) {
    this.sentUpTo = new Map([[owner.name, 0]]);
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
      if (SpoolOwner.isDoubtful(this.lifeMs, this.clock.nowMs())) {
        this.endOpen();
        this.showLife();
      }
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
    const { owner, first, lines } = tally;
    const before = this.sentUpTo.get(owner) ?? first;
    this.sentUpTo.set(owner, first + lines);
    return missing + Math.max(0, first - before);
  }

  /** Moves a file to a path at which it becomes one of these segments. `moveTo` returns whether there was a file. */
  take(moveTo: (path: string) => boolean): void {
    const mine = this.nextPath();
    if (moveTo(mine)) this.add(Segment.leftBehind(mine, this.clock.nowMs(), readTally(mine, this.key)));
  }

  /** Updates the sign of life, and takes over the segments of processes that have ended. */
  housekeep(): void {
    this.showLife();
    for (const file of readdirSync(this.directory).sort()) {
      const owner = SpoolOwner.of(file);
      if (!owner?.isGone(this.directory, this.owner, this.lifeMs)) continue;
      const path = join(this.directory, file);
      // A tally is moved with its segment. An earlier version, which has no tallies, leaves it behind.
      if (file.endsWith('.ndjson')) this.take((mine) => isMovedWithTally(path, mine));
      else rmSync(path, { force: true });
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
    if (SpoolOwner.isDoubtful(this.lifeMs, nowMs))
      for (const segment of this.closed) segment.mayBeTakenOver = true;
    this.lifeMs = nowMs;
    this.owner.showLife(this.directory, this.lifeMs);
  }
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
