import { Injectable } from '@nestjs/common';
import { type Observable, Subject, merge } from 'rxjs';
import { MasterKey } from '../platform/crypto/master-key.js';
import { afterCommit, type Transaction } from '../platform/database/transaction-runner.js';
import { PlatformErrors } from '../platform/errors/platform.errors.js';
import { Problem } from '../platform/errors/problem.js';
import { noteSubject } from '../platform/http/origin.js';
import type { ApiCall, AuditEntry, AuditEvent } from './audit-entry.js';
import { AuditRepository, type SignedEvent } from './audit.repository.js';
import { EntryFactory } from './entry/entry-factory.js';
import { AuditSpool } from './spool/audit-spool.js';
import { SpoolDrain } from './spool/spool-drain.js';
import { type LimitedRequest, SpoolWriter } from './spool/spool-writer.js';

/** Length of an account digest in bytes; sufficient to avoid collisions between accounts. */
const DIGEST_BYTES = 16;

/** Records events and calls in ways that differ in durability. */
@Injectable()
export class AuditService {
  /** Every event committed by this process, emitted after the commit. Calls are emitted only by {@link calls}. */
  readonly committed: Observable<AuditEntry>;
  /** Every API call, emitted when it is recorded. */
  readonly calls: Observable<ApiCall>;
  /** The reason of each event that could not be written, as PostgreSQL or its client reported it. */
  readonly writeFailures: Observable<unknown>;
  private readonly written = new Subject<AuditEntry>();
  private readonly called = new Subject<ApiCall>();
  private readonly failed = new Subject<unknown>();

  constructor(
    private readonly entries: EntryFactory,
    private readonly repository: AuditRepository,
    private readonly spool: AuditSpool,
    private readonly spoolWriter: SpoolWriter,
    drain: SpoolDrain,
    private readonly masterKey: MasterKey,
  ) {
    this.committed = merge(this.written, drain.committed);
    this.calls = this.called;
    this.writeFailures = this.failed;
  }

  /** Records an event in the transaction of the change that it describes. Both commit, or neither. Returns its id. */
  async record(tx: Transaction, event: AuditEvent): Promise<string> {
    const entry = await this.write(event, tx);
    afterCommit(tx, () => this.written.next(entry));
    return entry.id;
  }

  /**
   * Records an event with the change that it describes, in one statement. `change` runs the statement, which
   * must contain `insertEventIf`. It returns null if nothing was changed, and then nothing is recorded. Throws
   * `dependency_unavailable` if the statement fails.
   */
  async recordWith<T>(
    event: AuditEvent,
    change: (event: SignedEvent) => Promise<T | null>,
  ): Promise<T | null> {
    const signed = await this.repository.signed(this.entries.event(event));
    const changed = await this.orRefused(change(signed));
    if (changed === null) return null;
    this.noteSubjectOf(event, signed.entry);
    this.written.next(signed.entry);
    return changed;
  }

  /** Records many events as {@link record} does, in one statement. */
  async recordAll(tx: Transaction, events: readonly AuditEvent[]): Promise<void> {
    if (events.length === 0) return;
    const entries = events.map((event) => this.entryOf(event));
    await this.orRefused(this.repository.addAll(entries, tx));
    afterCommit(tx, () => entries.forEach((entry) => this.written.next(entry)));
  }

  /**
   * Records an event immediately, in a transaction of its own. Throws `dependency_unavailable` if it cannot be
   * written.
   */
  async recordAlone(event: AuditEvent): Promise<void> {
    this.written.next(await this.write(event));
  }

  /**
   * Records a refusal by a guard or a pipe: in the spool no later than the refused call, in PostgreSQL within 250 ms.
   */
  recordRefusal(event: AuditEvent): void {
    this.spoolWriter.event(event);
  }

  /**
   * Records the refusal of a request by a limit. The first twenty refusals of a caller per minute are recorded separately
   * and the others together within 10 s, so that a flood does not burden the trail. Resolves as soon as the refusal is in
   * the spool or counted.
   */
  async recordLimited(refusal: LimitedRequest): Promise<void> {
    await this.spoolWriter.refusal(refusal);
  }

  /**
   * Records an API call, and calls `recorded` once it is durable in the spool. It reaches PostgreSQL within 250 ms.
   */
  recordCall(call: ApiCall, recorded?: () => void): void {
    this.called.next(call);
    this.spoolWriter.call(call, recorded);
  }

  /** Whether the spool has room for a caller. If not, requests are refused with `dependency_unavailable`. */
  hasRoomFor(network: string): boolean {
    return this.spool.hasRoomFor(network);
  }

  /**
   * Number of records lost by this process since it started: because the disk or the spool was full, or because lines of the
   * spool were removed or changed.
   */
  get lostRecords(): number {
    return this.spool.lostRecords;
  }

  /** How long the oldest record in the spool has been waiting, in seconds. */
  get lagSeconds(): number {
    return this.spool.lagMs / 1000;
  }

  /** Number of bytes waiting in the spool. */
  get spoolBytes(): number {
    return this.spool.bytes;
  }

  /**
   * Returns the keyed digest that represents a submitted e-mail address in the trail, which never contains the
   * address. Expects the canonical spelling, so that each account has exactly one digest.
   */
  emailDigest(email: string): string {
    return this.masterKey.mac('audit-account-digest', email).subarray(0, DIGEST_BYTES).toString('hex');
  }

  /** Creates the entry of an event, and notes whom the request was about. */
  private entryOf(event: AuditEvent): AuditEntry {
    const entry = this.entries.event(event);
    this.noteSubjectOf(event, entry);
    return entry;
  }

  private noteSubjectOf({ origin }: AuditEvent, { userId }: AuditEntry): void {
    if (userId !== null) noteSubject(origin, userId);
  }

  private async write(event: AuditEvent, tx?: Transaction): Promise<AuditEntry> {
    const entry = this.entryOf(event);
    await this.orRefused(this.repository.add(entry, tx));
    return entry;
  }

  /** If an event cannot be written for any reason, the change that it describes is refused. */
  private async orRefused<T>(writing: Promise<T>): Promise<T> {
    try {
      return await writing;
    } catch (cause) {
      this.failed.next(cause);
      throw new Problem(PlatformErrors.dependency_unavailable, { retryAfterSeconds: 1, cause });
    }
  }
}
