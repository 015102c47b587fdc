import { Injectable } from '@nestjs/common';
import { afterCommit, type Transaction } from '../platform/database/transaction-runner.js';
import { SessionsRepository } from './sessions.repository.js';
import { SessionCache } from './state/session-cache.js';

/** Removes what the sessions of a deleted account say about its owner. */
@Injectable()
export class SessionTraces {
  constructor(
    private readonly sessions: SessionsRepository,
    private readonly cache: SessionCache,
  ) {}

  /**
   * Empties the rows, which stay until every instance has read that they have ended, and after the commit the copy of the
   * profile.
   */
  async remove(tx: Transaction, userId: string): Promise<void> {
    await this.sessions.empty(tx, userId);
    afterCommit(tx, () => this.removeCopy(userId).catch(() => undefined));
  }

  /** Removes the copy of the profile from Redis. */
  async removeCopy(userId: string): Promise<void> {
    if (this.cache.configured) await this.cache.removeProfile(userId);
  }
}
