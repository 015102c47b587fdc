import { Injectable, Logger } from '@nestjs/common';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Clock } from '../../platform/clock/clock.js';
import { Environment } from '../../platform/config/environment.js';
import { MasterKey } from '../../platform/crypto/master-key.js';
import { Randomness } from '../../platform/crypto/randomness.js';
import { QuarantineFile } from './quarantine-file.js';
import type { Segment } from './segment.js';
import { SpoolOwner } from './spool-owner.js';
import { SpoolShares } from './spool-shares.js';
import { SpoolSegments } from './spool-segments.js';

const MEGABYTE = 1024 * 1024;
/** Lines that could not be written (full disk) and wait in memory: those of the requests then in flight. */
const MAX_HELD = 10_000;
/** Room beyond the limit for the requests that were in flight when it was reached. */
const MARGIN_BYTES = MEGABYTE;
/** No caller may take more than this part of the spool: a tenth. */
const CALLERS_TO_FILL_IT = 10;
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
  private readonly maxBytes: number;
  private readonly segments: SpoolSegments;
  private readonly quarantineFile: QuarantineFile;
  /** Lines of this turn of the event loop, and whom to tell when they are written. */
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

  /** Bytes that have not reached PostgreSQL, those that it refused among them. */
  get bytes(): number {
    return this.segments.bytes + this.quarantineFile.bytes;
  }

  /** For how long the oldest of them has waited, milliseconds. */
  get lagMs(): number {
    return this.segments.lagMs;
  }

  /** Whether another request may be served: there is room, and the last write succeeded. */
  hasRoom(): boolean {
    return this.held.length === 0 && this.bytes < this.maxBytes;
  }

  /** Whether another request of a caller may be served: there is room, and the caller has not taken a tenth of it. */
  hasRoomFor(caller: string): boolean {
    return this.hasRoom() && !this.shares.isUsedUp(caller);
  }

  /** Lines that were lost since the process started, or taken out of the spool by somebody else. */
  get lostRecords(): number {
    return this.lostInAll;
  }

  /**
   * Makes a line durable at the end of this turn of the event loop, and then calls `written`: all lines of a turn cost
   * one write. If the disk refuses, they are held in memory, and {@link hasRoom} is false until they are written. The line
   * counts for the share of `caller`, a network.
   */
  append(line: string, written?: () => void, caller?: string): void {
    if (caller !== undefined) this.shares.add(caller, line.length);
    if (this.arriving.push(line) === 1) setImmediate(() => this.flush());
    if (written) this.awaiting.push(written);
  }

  /** Makes durable what has arrived, now. */
  flush(): void {
    const lines = this.arriving;
    const awaiting = this.awaiting;
    this.arriving = [];
    this.awaiting = [];
    if (this.bytes > this.maxBytes + MARGIN_BYTES) this.lose(lines.length);
    else if (lines.length > 0 && (this.held.length > 0 || !this.write(lines))) this.hold(lines);
    for (const written of awaiting) written();
  }

  /** The segments to send, oldest first. */
  waiting(): readonly Segment[] {
    this.flush();
    this.writeHeld();
    return this.segments.waiting();
  }

  /** Removes a segment whose lines are committed. Lines that are missing from it count as lost. */
  remove(segment: Segment): void {
    const missing = this.segments.remove(segment);
    if (missing > 0) {
      this.lostInAll += missing;
      this.logger.error(`${missing} records were removed from the spool, or altered, by somebody else.`);
    }
    if (this.segments.bytes === 0) this.shares.clear();
  }

  /** Puts a line of a waiting segment aside, to be sent again later; throws when there are too many of them. */
  quarantine(line: string): void {
    this.quarantineFile.put(line);
  }

  /**
   * Shows life, takes over the segments of processes that are gone, and takes back what was put aside; does something
   * once in a while only.
   */
  housekeep(): void {
    const nowMs = this.clock.nowMs();
    // A time that is further away than the pause: the clock was set back.
    if (nowMs < this.nextTendMs && this.nextTendMs - nowMs <= TEND_EVERY_MS) return;
    this.nextTendMs = nowMs + TEND_EVERY_MS;
    this.quarantineFile.look();
    if (nowMs >= this.nextTakeBackMs || this.nextTakeBackMs - nowMs > TAKE_BACK_EVERY_MS) {
      this.nextTakeBackMs = nowMs + TAKE_BACK_EVERY_MS;
      this.segments.take((path) => this.quarantineFile.moveTo(path));
    }
    this.segments.housekeep();
  }

  /** Ends the process's part in the spool; what could not be sent is left for the next one. */
  leave(): void {
    this.flush();
    this.writeHeld();
    this.segments.leave();
  }

  private write(lines: readonly string[]): boolean {
    try {
      this.segments.append(lines);
      return true;
    } catch (error) {
      if (this.held.length === 0)
        this.logger.error(`The spool cannot be written: ${(error as Error).message}`);
      return false;
    }
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
