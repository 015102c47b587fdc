import { Injectable, Logger } from '@nestjs/common';
import { mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Clock } from '../../platform/clock/clock.js';
import { Environment } from '../../platform/config/environment.js';
import { Randomness } from '../../platform/crypto/randomness.js';
import { Aside } from './aside.js';
import { Segment } from './segment.js';
import { SpoolOwner } from './spool-owner.js';

const MEGABYTE = 1024 * 1024;
/** A segment is read whole; this bounds how much that is. */
const SEGMENT_BYTES = MEGABYTE / 4;
/** Lines that could not be written (full disk) and wait in memory: those of the requests then in flight. */
const MAX_HELD = 10_000;
/** Room beyond the limit for the requests that were in flight when it was reached. */
const MARGIN_BYTES = MEGABYTE;
const TEND_EVERY_MS = 5000;
/** And at the start: what PostgreSQL refused may be acceptable by then. */
const TAKE_BACK_EVERY_MS = 3_600_000;

/**
 * The entries on their way to PostgreSQL, as files in `DATA_DIR/audit-spool` that outlive the process: appended to
 * before a request is answered, read back in batches, removed once committed. Bounded by `AUDIT_SPOOL_MAX_MB` for
 * each process.
 */
@Injectable()
export class AuditSpool {
  private readonly logger = new Logger(AuditSpool.name);
  private readonly directory: string;
  private readonly maxBytes: number;
  private readonly owner: SpoolOwner;
  private readonly aside: Aside;
  private open: Segment | null = null;
  private closed: Segment[] = [];
  /** Lines of this turn of the event loop, and whom to tell when they are written. */
  private arriving: string[] = [];
  private awaiting: (() => void)[] = [];
  private held: string[] = [];
  private lost = 0;
  private sequence = 0;
  private lifeMs = 0;
  private nextTendMs = 0;
  private nextTakeBackMs = 0;

  constructor(
    environment: Environment,
    private readonly clock: Clock,
    randomness: Randomness,
  ) {
    this.directory = join(environment.DATA_DIR, 'audit-spool');
    this.maxBytes = environment.AUDIT_SPOOL_MAX_MB * MEGABYTE;
    this.owner = SpoolOwner.ofThisProcess(randomness.bytes(4));
    mkdirSync(this.directory, { recursive: true, mode: 0o700 });
    this.aside = new Aside(this.directory);
    this.showLife();
  }

  /** Bytes that have not reached PostgreSQL, those that it refused among them. */
  get bytes(): number {
    const own = this.closed.reduce((sum, segment) => sum + segment.bytes, this.open?.bytes ?? 0);
    return own + this.aside.bytes;
  }

  /** For how long the oldest of them has waited, milliseconds. */
  get lagMs(): number {
    const oldest = this.closed[0] ?? this.open;
    return oldest ? this.clock.nowMs() - oldest.sinceMs : 0;
  }

  /** Whether another request may be served: there is room, and the last write succeeded. */
  hasRoom(): boolean {
    return this.held.length === 0 && this.bytes < this.maxBytes;
  }

  /**
   * Makes a line durable at the end of this turn of the event loop, and then calls `written`: all lines of a turn cost
   * one write. If the disk refuses, they are held in memory, and {@link hasRoom} is false until they are written.
   */
  append(line: string, written?: () => void): void {
    if (this.arriving.push(line) === 1) setImmediate(() => this.flush());
    if (written) this.awaiting.push(written);
  }

  /** Makes durable what has arrived, now. */
  flush(): void {
    const lines = this.arriving;
    const awaiting = this.awaiting;
    this.arriving = [];
    this.awaiting = [];
    if (this.bytes > this.maxBytes + MARGIN_BYTES) this.lost += lines.length;
    else if (lines.length > 0 && (this.held.length > 0 || !this.write(lines))) this.hold(lines);
    for (const written of awaiting) written();
  }

  /** The segments to send, oldest first. The open one is ended only when no other waits, so that an outage makes no crowd. */
  waiting(): readonly Segment[] {
    this.flush();
    this.writeHeld();
    if (this.closed.length === 0) this.endSegment();
    return this.closed;
  }

  /** Removes a segment whose lines are committed. */
  remove(segment: Segment): void {
    segment.remove();
    this.closed = this.closed.filter((other) => other !== segment);
  }

  /** Puts a line of a waiting segment aside, to be sent again later; throws when there are too many of them. */
  putAside(line: string): void {
    this.aside.put(line);
  }

  /**
   * Shows life, takes over the segments of processes that are gone, and takes back what was put aside; does something
   * once in a while only.
   */
  tend(): void {
    if (this.clock.nowMs() < this.nextTendMs) return;
    this.nextTendMs = this.clock.nowMs() + TEND_EVERY_MS;
    this.showLife();
    this.aside.look();
    if (this.clock.nowMs() >= this.nextTakeBackMs) this.takeBack();
    for (const file of readdirSync(this.directory).sort()) {
      const owner = SpoolOwner.of(file);
      if (!owner?.isGone(this.directory, this.owner, this.lifeMs)) continue;
      const path = join(this.directory, file);
      if (path === owner.signOfLife(this.directory)) rmSync(path, { force: true });
      else this.adopt(path);
    }
  }

  /** Ends the process's part in the spool; what could not be sent is left for the next one. */
  leave(): void {
    this.flush();
    this.writeHeld();
    this.endSegmentAnyway();
    this.owner.leave(this.directory);
  }

  private write(lines: readonly string[]): boolean {
    try {
      if (SpoolOwner.isDoubtful(this.lifeMs, this.clock.nowMs())) {
        this.endSegment();
        this.showLife();
      }
      this.open ??= Segment.begin(this.nextPath(), this.clock.nowMs());
      this.open.append(lines);
      if (this.open.bytes >= SEGMENT_BYTES) this.endSegment();
      return true;
    } catch (error) {
      this.endSegmentAnyway();
      if (this.held.length === 0)
        this.logger.error(`The spool cannot be written: ${(error as Error).message}`);
      return false;
    }
  }

  private hold(lines: readonly string[]): void {
    const room = MAX_HELD - this.held.length;
    this.held.push(...lines.slice(0, room));
    this.lost += Math.max(0, lines.length - room);
  }

  private writeHeld(): void {
    if (this.held.length > 0 && this.write(this.held)) this.held = [];
    if (this.held.length > 0 || this.lost === 0) return;
    this.logger.error(`${this.lost} records were lost while the spool could not be written.`);
    this.lost = 0;
  }

  private endSegment(): void {
    const { open } = this;
    if (!open) return;
    this.open = null;
    this.closed.push(open);
    open.close();
  }

  /** After a failure that is reported already, and as often as anybody likes. */
  private endSegmentAnyway(): void {
    try {
      this.endSegment();
    } catch {
      // A full disk refuses to close what it has refused to write.
    }
  }

  private takeBack(): void {
    this.nextTakeBackMs = this.clock.nowMs() + TAKE_BACK_EVERY_MS;
    const mine = this.nextPath();
    if (this.aside.moveTo(mine)) this.closed.push(Segment.leftBehind(mine, this.lifeMs));
  }

  private adopt(path: string): void {
    const mine = this.nextPath();
    try {
      renameSync(path, mine);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return; // Another process was first.
      throw error;
    }
    this.closed.push(Segment.leftBehind(mine, this.lifeMs));
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
