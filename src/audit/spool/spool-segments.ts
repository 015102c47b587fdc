import { readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../platform/clock/clock.js';
import type { MasterKey } from '../../platform/crypto/master-key.js';
import { Segment } from './segment.js';
import { SpoolOwner } from './spool-owner.js';
import { readTally, TALLY_SUFFIX, TallyWriter } from './tally.js';

/** A segment is read whole; this bounds how much that is. */
const SEGMENT_BYTES = 256 * 1024;

/** The files of one process in the spool directory: the open one, which grows, and those that wait to be sent. */
export class SpoolSegments {
  private open: Segment | null = null;
  private closed: Segment[] = [];
  private sequence = 0;
  private lifeMs = 0;
  /** How many lines this process has written. */
  private written = 0;
  /** By process, how many of its lines have been sent or are known to be missing. */
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

  get bytes(): number {
    return this.closed.reduce((sum, segment) => sum + segment.bytes, this.open?.bytes ?? 0);
  }

  /** For how long the oldest line has waited, milliseconds. */
  get lagMs(): number {
    const oldest = this.closed[0] ?? this.open;
    return oldest ? Math.max(0, this.clock.nowMs() - oldest.sinceMs) : 0;
  }

  /** Adds lines to the open segment. Throws the file system's error; what comes next begins another segment. */
  append(lines: readonly string[]): void {
    try {
      if (SpoolOwner.isDoubtful(this.lifeMs, this.clock.nowMs())) {
        this.endOpen();
        this.showLife();
      }
      this.open ??= this.begin();
      this.open.append(lines);
      if (this.open.bytes >= SEGMENT_BYTES) this.endOpen();
    } catch (error) {
      this.endOpenAnyway();
      throw error;
    }
  }

  /** Those to send, oldest first. The open one is ended only when no other waits, so that an outage makes no crowd. */
  waiting(): readonly Segment[] {
    if (this.closed.length === 0) this.endOpen();
    return this.closed;
  }

  /**
   * Removes one whose lines are committed. Returns how many lines are missing: from it, and before it, where a segment of
   * the same process should have been.
   */
  remove(segment: Segment): number {
    segment.remove();
    this.closed = this.closed.filter((other) => other !== segment);
    const { tally, missing } = segment;
    if (tally === null || tally === 'forged') return missing;
    const { owner, first, lines } = tally;
    const before = this.sentUpTo.get(owner) ?? first;
    this.sentUpTo.set(owner, first + lines);
    return missing + Math.max(0, first - before);
  }

  /** Has a file moved to where it is one of these; `moveTo` answers whether there was any. */
  take(moveTo: (path: string) => boolean): void {
    const mine = this.nextPath();
    if (moveTo(mine))
      this.closed.push(Segment.leftBehind(mine, this.clock.nowMs(), readTally(mine, this.key)));
  }

  /** Shows life, and takes over the segments of processes that are gone. */
  housekeep(): void {
    this.showLife();
    for (const file of readdirSync(this.directory).sort()) {
      const owner = SpoolOwner.of(file);
      if (!owner?.isGone(this.directory, this.owner, this.lifeMs)) continue;
      const path = join(this.directory, file);
      // A tally is moved with its segment, and left when a version that knows none has taken that.
      if (file.endsWith('.ndjson')) this.take((mine) => isMovedWithTally(path, mine));
      else rmSync(path, { force: true });
    }
  }

  /** Ends the process's part in the directory; what could not be sent is left for the next one. */
  leave(): void {
    this.endOpenAnyway();
    this.owner.leave(this.directory);
  }

  private endOpen(): void {
    const { open } = this;
    if (!open) return;
    this.open = null;
    this.closed.push(open);
    this.written += open.lines;
    open.close();
  }

  /** After a failure that is reported already, and as often as anybody likes. */
  private endOpenAnyway(): void {
    try {
      this.endOpen();
    } catch {
      // A full disk refuses to close what it has refused to write.
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

/** False when another process was first. */
function isMovedWithTally(from: string, to: string): boolean {
  if (!isMoved(from, to)) return false;
  isMoved(`${from}${TALLY_SUFFIX}`, `${to}${TALLY_SUFFIX}`);
  return true;
}

/** False when there is no such file. */
function isMoved(from: string, to: string): boolean {
  try {
    renameSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}
