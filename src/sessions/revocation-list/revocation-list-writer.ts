import { Injectable } from '@nestjs/common';
import { Environment } from '../../platform/config/environment.js';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import type { RevocationReason } from '../revocation-reason.js';
import type { EndedSession } from '../sessions.repository.js';
import { LISTED_REASONS } from './revocation-item.js';
import { RevocationListRepository } from './revocation-list.repository.js';

/** The longest life of a token that a key obtains, seconds. */
export const KEY_TOKEN_LIFE_SECONDS = 15 * 60;

/** A session that lost a factor and with it its level. */
export interface ReducedSession {
  readonly id: string;
  readonly userId: string;
  /** A second after the reduction on PostgreSQL's clock, by when every instance issues tokens of the new level. */
  readonly reducedAt: Date;
  /** When its tokens have expired; null if that was not noted. */
  readonly tokensExpireAt: Date | null;
}

/** A key whose tokens issued until `reducedAt`, on PostgreSQL's clock, are void. */
export interface ReducedKey extends RevokedKey {
  readonly reducedAt: Date;
}

/** An API key, and the user or service account that it belongs to. */
export interface RevokedKey {
  readonly keyId: string;
  readonly subject: string;
}

/**
 * Tells services that verify tokens offline which ones are void. Whoever ends a session or a key, or takes something away
 * from it, calls this in the same transaction; a rolled-back change is never told.
 */
@Injectable()
export class RevocationListWriter {
  private readonly sessionTokenLifeSeconds: number;

  constructor(
    private readonly list: RevocationListRepository,
    environment: Environment,
  ) {
    this.sessionTokenLifeSeconds = environment.JWT_ACCESS_TOKEN_EXPIRE_MINUTES * 60;
  }

  /** Lists sessions that ended. */
  async sessionsEnded(
    tx: Transaction,
    sessions: readonly EndedSession[],
    reason: RevocationReason,
  ): Promise<void> {
    if (sessions.length === 0) return;
    const added = sessions.map((session) => ofSession(session, session.revokedAt));
    await this.list.append(tx, added, {
      reason: LISTED_REASONS[reason],
      lifeSeconds: this.sessionTokenLifeSeconds,
    });
  }

  /** Lists sessions of which the tokens issued up to the second of `reducedAt` claim too much. */
  async sessionsReduced(tx: Transaction, sessions: readonly ReducedSession[]): Promise<void> {
    if (sessions.length === 0) return;
    const added = sessions.map((session) => ofSession(session, session.reducedAt));
    await this.list.append(tx, added, { reason: 'reduced', lifeSeconds: this.sessionTokenLifeSeconds });
  }

  /** Lists keys that ended: the account was deleted, or the key itself was revoked or found. */
  async keysEnded(
    tx: Transaction,
    keys: readonly RevokedKey[],
    reason: 'key_revoked' | 'key_leaked' | 'deleted',
  ): Promise<void> {
    if (keys.length === 0) return;
    await this.list.append(tx, keys.map(ofKey), { reason, lifeSeconds: KEY_TOKEN_LIFE_SECONDS });
  }

  /**
   * Lists keys of which the tokens issued up to the second of `reducedAt` are void, because the account was disabled or lost
   * something, or the tokens were revoked.
   */
  async keysReduced(
    tx: Transaction,
    keys: readonly ReducedKey[],
    reason: 'reduced' | 'disabled',
  ): Promise<void> {
    if (keys.length === 0) return;
    const added = keys.map((key) => ({ ...ofKey(key), at: key.reducedAt }));
    await this.list.append(tx, added, { reason, lifeSeconds: KEY_TOKEN_LIFE_SECONDS });
  }
}

const ofSession = (
  { id, userId, tokensExpireAt }: Pick<EndedSession, 'id' | 'userId' | 'tokensExpireAt'>,
  at: Date,
) => ({
  sessionId: id,
  keyId: null,
  subject: userId,
  at,
  tokensExpireAt,
});

const ofKey = ({ keyId, subject }: RevokedKey) => ({
  sessionId: null,
  keyId,
  subject,
  at: null,
  tokensExpireAt: null,
});
