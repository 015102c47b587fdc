import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { join } from 'node:path';
import { Clock } from '../../platform/clock/clock.js';
import { RepeatingTask } from '../../platform/clock/repeating-task.js';
import { WorkThrottle } from '../../platform/clock/work-throttle.js';
import { Environment } from '../../platform/config/environment.js';
import { AuditSpool } from '../spool/audit-spool.js';
import { ErasedLines } from './erased-lines.js';
import { type DeletedPerson, type DeletionPlace, ErasuresRepository } from './erasures.repository.js';
import { LastingProof } from './lasting-proof.js';

const BATCH = 1000;
const MAX_UNFINISHED = 1000;
/** The cost of the codes of a person, in entries of the trail. */
const ENTRIES_OF_A_PROOF = 4;
const BEGINNING = before(new Date(0));
/** Inserted rows may have later dates, among them ones that are infinite or that JavaScript does not have. */
const END = new Date('9999-12-31T23:59:59.999Z');

/** A deletion may be committed after one that began later, or whose instance has a faster clock, by less than this. */
const MARGIN_MS = 300_000;
/**
 * For how long, after a person was added to the file, each update removes their quarantined records again; and for at
 * most how many people.
 */
const RECENT_MS = 600_000;
const MAX_RECENT = 1000;

/**
 * Keeps the ids of deleted people in `DATA_DIR/erased.ndjson`, on every instance and outside the database: after a restore
 * from an older backup, an operator erases them anew with that file. It contains ids and times only.
 */
@Injectable()
export class ErasedFile implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(ErasedFile.name);
  private readonly lines: ErasedLines;
  private readonly task = new RepeatingTask(ErasedFile.name, () => this.update(), { pauseMs: 5000 });
  private readonly throttle = new WorkThrottle();
  private known: Set<string> | null = null;
  /** Those deleted after it are looked at next. */
  private from: DeletionPlace = BEGINNING;
  /** Whether this pass began at the beginning. Only such a pass reads rows with a date in the future, however many there are. */
  private isWhole = true;
  private secretId: string | null = null;
  /** Whose proof is continued with the next update. */
  private unfinished: readonly DeletedPerson[] = [];
  /** Whom this instance has added to the file within {@link RECENT_MS}, the last ones at the end. */
  private recent: readonly { readonly userId: string; readonly addedMs: number }[] = [];
  /** Whom nothing proves; null once they were reported. */
  private leftOut: Set<string> | null = new Set();

  constructor(
    environment: Environment,
    private readonly erasures: ErasuresRepository,
    private readonly proof: LastingProof,
    private readonly spool: AuditSpool,
    private readonly clock: Clock,
  ) {
    this.lines = new ErasedLines(join(environment.DATA_DIR, 'erased.ndjson'));
  }

  onApplicationBootstrap(): void {
    this.task.startWithPause();
  }

  async onModuleDestroy(): Promise<void> {
    await this.task.stop();
  }

  /**
   * Adds the people who are not in the file yet, and removes their records, and again those of people deleted or added
   * within the last minutes, from the file of those that PostgreSQL refused. Returns whether there may be more.
   */
  async update(): Promise<boolean> {
    this.known ??= await this.lines.read();
    // Codes of a former secret are replaced before it can be removed.
    if (this.secretId !== this.proof.secretId) {
      this.from = BEGINNING;
      this.isWhole = true;
    }
    this.secretId = this.proof.secretId;
    const nowMs = this.clock.nowMs();
    const until = this.isWhole ? END : new Date(nowMs + MARGIN_MS);
    const deleted = await this.erasures.deletedAfter(this.from, until, BATCH);
    // Rows of the last minutes are read again. Those that were just read are the current ones.
    const people = new Map([...this.unfinished, ...deleted].map((person) => [person.userId, person]));
    const { proven, unfinished } = await this.prove(people.values());
    const isLast = deleted.length < BATCH;
    this.add(proven, isLast ? deleted : [], nowMs);
    // Only now: after a failure, the next update begins with the same people.
    this.unfinished = unfinished;
    const last = deleted.at(-1) ?? this.from;
    if (!isLast) {
      this.from = { deletedAt: last.deletedAt, userId: last.userId };
      return true;
    }
    this.reportLeftOut();
    this.from = nextAfter(last, nowMs);
    this.isWhole = false;
    return false;
  }

  /** An operator deletes the people of the file, and so it must not contain one whom anybody else has added to the table. */
  private async prove(people: Iterable<DeletedPerson>) {
    const proven: DeletedPerson[] = [];
    const unfinished: DeletedPerson[] = [];
    for (const person of people) {
      const proof = await this.proof.prove(person);
      await this.throttle.worked(ENTRIES_OF_A_PROOF);
      if (proof === 'deleted') proven.push(person);
      else if (person.hasAccount || this.known!.has(person.userId)) continue;
      else if (proof === 'unfinished' && unfinished.length < MAX_UNFINISHED) unfinished.push(person);
      else this.leftOut?.add(person.userId);
    }
    return { proven, unfinished };
  }

  /**
   * Adds those who are not in the file yet. `lastDeleted` are the last people of the table: PostgreSQL may refuse records
   * after the deletion, and this instance may have some that it recorded before it learned of it. A full page has many
   * people, most of them deleted long ago.
   */
  private add(proven: readonly DeletedPerson[], lastDeleted: readonly DeletedPerson[], nowMs: number): void {
    const added = proven.filter(({ userId }) => !this.known!.has(userId));
    const knownAsDeleted = lastDeleted.filter(({ userId }) => this.known!.has(userId));
    this.recent = this.recent.filter(({ addedMs }) => nowMs - addedMs <= RECENT_MS);
    const forgotten = new Set([...added, ...knownAsDeleted, ...this.recent].map(({ userId }) => userId));
    if (forgotten.size > 0) this.spool.forget([...forgotten]);
    if (added.length === 0) return;
    this.lines.append(added);
    for (const { userId } of added) this.known!.add(userId);
    const news = added.map(({ userId }) => ({ userId, addedMs: nowMs }));
    this.recent = [...this.recent, ...news].slice(-MAX_RECENT);
  }

  private reportLeftOut(): void {
    const count = this.leftOut?.size ?? 0;
    this.leftOut = null;
    if (count > 0)
      this.logger.warn(
        { count },
        'People of the table erasures are not added to erased.ndjson, because nothing proves that the service deleted them.',
      );
  }
}

/** Returns the place after which a complete pass is continued, whose last row is at another place. */
function nextAfter({ deletedAt, userId }: DeletionPlace, nowMs: number): DeletionPlace {
  const lastMs = deletedAt.getTime();
  // Nobody can be added before it any more. Otherwise, an idle service would read the last ones again and again.
  if (nowMs - lastMs > 2 * MARGIN_MS) return { deletedAt, userId };
  // A row that somebody inserted may have a date in the future, and must not hide those that follow.
  return before(new Date(Math.min(lastMs, nowMs) - MARGIN_MS));
}

/** Returns the place before all who were deleted at an instant. */
function before(deletedAt: Date): DeletionPlace {
  return { deletedAt, userId: '00000000-0000-0000-0000-000000000000' };
}
