import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { FeedPoll } from '../../platform/clock/feed-poll.js';
import { afterCommit, type Transaction } from '../../platform/database/transaction-runner.js';
import { type KeyChange, KeyChangesRepository } from './key-changes.repository.js';

/**
 * Tells every instance whose keys or access have changed. Changes are written in the transaction that makes them and read
 * from PostgreSQL several times a second, in the order of transactions, so that none is missed. A process that has never
 * seen a key does not read them.
 */
@Injectable()
export class KeyChanges implements OnApplicationShutdown {
  private readonly logger = new Logger(KeyChanges.name);
  private readonly listeners: ((ownerIds: ReadonlySet<string> | null) => void)[] = [];
  private position: string | null = null;
  /** The changes of the last page; while a transaction stays open anywhere, every page repeats them. */
  private seen: ReadonlySet<string> = new Set();
  private readonly poll = new FeedPoll(
    () => this.read(),
    (err) =>
      this.logger.debug(
        { err },
        'Changes of API keys could not be read; cached keys are not trusted until they can be.',
      ),
  );

  constructor(private readonly changes: KeyChangesRepository) {}

  /** Counts changes, so that a reader can tell whether there was one meanwhile. */
  generation = 0;

  /** Whether this process knows all changes until a second ago. */
  get isCurrent(): boolean {
    return this.poll.isCurrent;
  }

  /**
   * Adds a listener, which is given the ids of all owners that have changed, at least one; null means that any owner may have
   * changed.
   */
  onChange(listener: (ownerIds: ReadonlySet<string> | null) => void): void {
    this.listeners.push(listener);
  }

  /** Records a change of these owners in its transaction. */
  async add(tx: Transaction, ...ownerIds: readonly string[]): Promise<void> {
    await this.changes.add(tx, ownerIds);
    afterCommit(tx, () => this.announce(new Set(ownerIds)));
  }

  /** Begins to read, unless it has begun. */
  start(): void {
    void this.poll.start();
  }

  onApplicationShutdown(): void {
    this.poll.stop();
  }

  private async read(): Promise<void> {
    const { changes, horizon } = await this.changes.since(this.position);
    // After a gap. The cache was bypassed, but still holds old entries.
    if (this.position !== null && !this.isCurrent) this.announce(null);
    this.take(changes);
    this.position = horizon;
  }

  private take(changes: readonly KeyChange[]): void {
    const news = changes.filter(({ id }) => !this.seen.has(id));
    if (news.length > 0) this.announce(new Set(news.map(({ ownerId }) => ownerId)));
    this.seen = new Set(changes.map(({ id }) => id));
  }

  private announce(ownerIds: ReadonlySet<string> | null): void {
    this.generation += 1;
    for (const listener of this.listeners) listener(ownerIds);
  }
}
