import { readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../platform/clock/clock.js';
import { Segment } from './segment.js';
import { SpoolOwner } from './spool-owner.js';

/** Limits the size of a segment, because segments are read as a whole. */
const SEGMENT_BYTES = 256 * 1024;

/** The files of one process in the spool directory: the open one, which grows, and those waiting to be sent. */
export class SpoolSegments {
  private open: Segment | null = null;
  private closed: Segment[] = [];
  private sequence = 0;
  private lifeMs = 0;

  constructor(
    private readonly directory: string,
    private readonly owner: SpoolOwner,
    private readonly clock: Clock,
  ) {
    this.showLife();
  }

  get bytes(): number {
    return this.closed.reduce((sum, segment) => sum + segment.bytes, this.open?.bytes ?? 0);
  }

  /** How long the oldest line has been waiting, in milliseconds. */
  get lagMs(): number {
    const oldest = this.closed[0] ?? this.open;
    return oldest ? Math.max(0, this.clock.nowMs() - oldest.sinceMs) : 0;
  }

  /** Appends lines to the open segment. Throws the file system's error; later lines go to another segment. */
  append(lines: readonly string[]): void {
    try {
      if (SpoolOwner.isDoubtful(this.lifeMs, this.clock.nowMs())) {
        this.endOpen();
        this.showLife();
      }
      this.open ??= Segment.begin(this.nextPath(), this.clock.nowMs());
      this.open.append(lines);
      if (this.open.bytes >= SEGMENT_BYTES) this.endOpen();
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
    return this.closed;
  }

  /** Removes a segment whose lines are committed. */
  remove(segment: Segment): void {
    segment.remove();
    this.closed = this.closed.filter((other) => other !== segment);
  }

  /** Moves a file to a path at which it becomes one of these segments. `moveTo` returns whether there was a file. */
  take(moveTo: (path: string) => boolean): void {
    const mine = this.nextPath();
    if (moveTo(mine)) this.closed.push(Segment.leftBehind(mine, this.clock.nowMs()));
  }

  /** Updates the sign of life, and takes over the segments of processes that have ended. */
  housekeep(): void {
    this.showLife();
    for (const file of readdirSync(this.directory).sort()) {
      const owner = SpoolOwner.of(file);
      if (!owner?.isGone(this.directory, this.owner, this.lifeMs)) continue;
      const path = join(this.directory, file);
      if (path === owner.signOfLife(this.directory)) rmSync(path, { force: true });
      else this.take((mine) => isMoved(path, mine));
    }
  }

  /** Removes this process's files from the directory. Lines that could not be sent are left for another process. */
  leave(): void {
    this.endOpenAnyway();
    this.owner.leave(this.directory);
  }

  private endOpen(): void {
    const { open } = this;
    if (!open) return;
    this.open = null;
    this.closed.push(open);
    open.close();
  }

  /** Closes the open segment after a failure that has already been reported. May be called repeatedly. */
  private endOpenAnyway(): void {
    try {
      this.endOpen();
    } catch {
      // A full disk may also refuse to close a file whose data it refused to write.
    }
  }

  private nextPath(): string {
    this.sequence += 1;
    return join(this.directory, this.owner.segment(this.sequence));
  }

  private showLife(): void {
    this.lifeMs = this.clock.nowMs();
    this.owner.showLife(this.directory, this.lifeMs);
  }
}

/** Returns false if another process moved the file first. */
function isMoved(from: string, to: string): boolean {
  try {
    renameSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}
