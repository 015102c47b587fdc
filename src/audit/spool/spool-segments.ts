import { readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../platform/clock/clock.js';
import { Segment } from './segment.js';
import { SpoolOwner } from './spool-owner.js';

/** A segment is read whole; this bounds how much that is. */
const SEGMENT_BYTES = 256 * 1024;

/** The files of one process in the spool directory: the open one, which grows, and those that wait to be sent. */
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
      this.open ??= Segment.begin(this.nextPath(), this.clock.nowMs());
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

  /** Removes one whose lines are committed. */
  remove(segment: Segment): void {
    segment.remove();
    this.closed = this.closed.filter((other) => other !== segment);
  }

  /** Has a file moved to where it is one of these; `moveTo` answers whether there was any. */
  take(moveTo: (path: string) => boolean): void {
    const mine = this.nextPath();
    if (moveTo(mine)) this.closed.push(Segment.leftBehind(mine, this.clock.nowMs()));
  }

  /** Shows life, and takes over the segments of processes that are gone. */
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

  private nextPath(): string {
    this.sequence += 1;
    return join(this.directory, this.owner.segment(this.sequence));
  }

  private showLife(): void {
    this.lifeMs = this.clock.nowMs();
    this.owner.showLife(this.directory, this.lifeMs);
  }
}

/** False when another process was first. */
function isMoved(from: string, to: string): boolean {
  try {
    renameSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}
