import { Injectable, Logger } from '@nestjs/common';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Clock } from '../../platform/clock/clock.js';
import { isDue } from '../../platform/clock/is-due.js';
import { Environment } from '../../platform/config/environment.js';
import { MasterKey } from '../../platform/crypto/master-key.js';
import { Randomness } from '../../platform/crypto/randomness.js';
import { QuarantineFile } from './quarantine-file.js';
import type { Segment } from './segment.js';
import { SpoolOwner } from './spool-owner.js';
import { SpoolShares } from './spool-shares.js';
import { SpoolSegments } from './spool-segments.js';

const MEGABYTE = 1024 * 1024;
/**
 * Lines that could not be written (full disk) and are kept in memory: those of the requests in flight at that time.
 */
const MAX_HELD = 10_000;
/** Room beyond the limit for requests that were in flight when it was reached. */
const MARGIN_BYTES = MEGABYTE;
/** No caller may use more than a tenth of the spool. */
const CALLERS_TO_FILL_IT = 10;
const TEND_EVERY_MS = 5000;
/** Also done at the start: PostgreSQL may now accept records that it refused. */
const TAKE_BACK_EVERY_MS = 3_600_000;

/**
 * The entries on their way to PostgreSQL, in files in `DATA_DIR/audit-spool` that outlive the process. They are
 * appended before a request is answered, read back in batches, and removed once committed. Limited to
 * `AUDIT_SPOOL_MAX_MB` per process.
 */
@Injectable()
export class AuditSpool {
  private readonly logger = new Logger(AuditSpool.name);
  private readonly maxBytes: number;
  private readonly segments: SpoolSegments;
  private readonly quarantineFile: QuarantineFile;
  /** Lines of this turn of the event loop, and the callbacks to run once they are written. */
  private arriving: string[] = [];
  private awaiting: (() => void)[] = [];
  private held: string[] = [];
  private readonly shares: SpoolShares;
  private lost = 0;
  private lostInAll = 0;
  private nextTendMs = 0;
  private nextTakeBackMs = 0;

  constructor(
    environment: Environment,
    private readonly clock: Clock,
    randomness: Randomness,
    masterKey: MasterKey,
  ) {
    const directory = join(environment.DATA_DIR, 'audit-spool');
    this.maxBytes = environment.AUDIT_SPOOL_MAX_MB * MEGABYTE;
    this.shares = new SpoolShares(this.maxBytes / CALLERS_TO_FILL_IT);
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const owner = SpoolOwner.ofThisProcess(randomness.bytes(4));
    this.segments = new SpoolSegments(directory, owner, clock, masterKey);
    this.quarantineFile = new QuarantineFile(directory);
  }

  /** Bytes that have not been written to PostgreSQL, including those that it refused. */
  get bytes(): number {
    return this.segments.bytes + this.quarantineFile.bytes;
  }

  /** Whether a segment is waiting to which no more lines will be added. */
  get hasClosedSegment(): boolean {
    return this.segments.hasClosed;
  }

  /** How long the oldest line has been waiting, in milliseconds. */
  get lagMs(): number {
    return this.segments.lagMs;
  }

  /** Whether another request may be served: there is room, and the last write succeeded. */
  hasRoom(): boolean {
    return this.held.length === 0 && this.bytes < this.maxBytes;
  }

  /** Whether another request of a caller may be served: there is room, and the caller does not use a tenth of it. */
  hasRoomFor(caller: string): boolean {
    return this.hasRoom() && !this.shares.isUsedUp(caller);
  }

  /** Number of lines that were lost or removed from the spool since the process started. */
  get lostRecords(): number {
    return this.lostInAll;
  }

  /**
   * Makes a line durable at the end of this turn of the event loop, and then calls `written`. All lines of a turn
   * take one write. If the disk refuses, they are kept in memory, and {@link hasRoom} is false until they are
   * written. The line counts towards the share of `caller`, a network.
   */
  append(line: string, written?: () => void, caller?: string): void {
    if (caller !== undefined) this.shares.add(caller, line.length);
    if (this.arriving.push(line) === 1) setImmediate(() => this.flush());
    if (written) this.awaiting.push(written);
  }

  /** Makes the pending lines durable immediately. */
  flush(): void {
    const lines = this.arriving;
    const awaiting = this.awaiting;
    this.arriving = [];
    this.awaiting = [];
    if (this.bytes > this.maxBytes + MARGIN_BYTES) this.drop(lines);
    else if (lines.length > 0 && (this.held.length > 0 || !this.write(lines))) this.hold(lines);
    for (const written of awaiting) written();
  }

  /** The segments to send, oldest first. The open one is among them only if no other waits. */
  waiting(): readonly Segment[] {
    this.flush();
    this.writeHeld();
    return this.segments.waiting();
  }

  /** Makes the pending lines durable, and closes the open segment, so that {@link waiting} returns everything. */
  close(): void {
    this.flush();
    this.writeHeld();
    this.segments.endOpenAnyway();
  }

  /** Removes a segment whose lines are committed. Missing lines count as lost. */
  remove(segment: Segment): void {
    const missing = this.segments.remove(segment);
    if (missing > 0) {
      this.lostInAll += missing;
      this.logger.error(`${missing} records were removed from the spool or changed in it.`);
    }
    this.shares.release(segment);
  }

  /** Quarantines a line of a waiting segment, to be sent again later. Throws if there are too many of them. */
  quarantine(line: string): void {
    this.quarantineFile.put(line);
  }

  /** Removes the quarantined lines that contain one of these ids. */
  forget(ids: readonly string[]): void {
    this.quarantineFile.removeWith(ids);
  }

  /**
   * Periodically updates this process's sign of life, takes over the segments of processes that have ended, and
   * retries quarantined lines.
   */
  housekeep(): void {
    const nowMs = this.clock.nowMs();
    if (!isDue(this.nextTendMs, nowMs, TEND_EVERY_MS)) return;
    this.nextTendMs = nowMs + TEND_EVERY_MS;
    this.quarantineFile.look();
    if (isDue(this.nextTakeBackMs, nowMs, TAKE_BACK_EVERY_MS)) {
      this.nextTakeBackMs = nowMs + TAKE_BACK_EVERY_MS;
      this.segments.take((path) => this.quarantineFile.moveTo(path));
    }
    this.segments.housekeep();
  }

  /** Removes this process's files from the spool. Lines that could not be sent are left for another process. */
  leave(): void {
    this.flush();
    this.writeHeld();
    this.segments.leave();
  }

  private write(lines: readonly string[]): boolean {
    try {
      this.shares.assignTo(this.segments.append(lines));
      return true;
    } catch (error) {
      if (this.held.length === 0)
        this.logger.error(`Writing to the spool failed: ${(error as Error).message}`);
      return false;
    }
  }

  private drop(lines: readonly string[]): void {
    this.lose(lines.length);
    if (this.held.length === 0) this.shares.discard();
  }

  private hold(lines: readonly string[]): void {
    const room = MAX_HELD - this.held.length;
    this.held.push(...lines.slice(0, room));
    this.lose(Math.max(0, lines.length - room));
  }

  private lose(lines: number): void {
    this.lost += lines;
    this.lostInAll += lines;
  }

  private writeHeld(): void {
    if (this.held.length > 0 && this.write(this.held)) this.held = [];
    if (this.held.length > 0 || this.lost === 0) return;
    this.logger.error(`${this.lost} records were lost while the spool could not be written.`);
    this.lost = 0;
  }
}
