import { Injectable } from '@nestjs/common';
import { AuditService } from '../../audit/audit.service.js';
import { Clock } from '../../platform/clock/clock.js';
import { Environment } from '../../platform/config/environment.js';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import type { Origin } from '../../platform/http/origin.js';
import { SingleUseSecrets } from '../../platform/secrets/single-use-secrets.js';
import type { User } from '../../users/user.entity.js';
import {
  FactorRecoveriesRepository,
  type StoredRecovery,
} from '../credentials/factors/recovery/factor-recoveries.repository.js';
import { RECOVERY_PURPOSES } from '../credentials/factors/recovery/recovery-means.js';
import { runningOf } from '../credentials/factors/recovery/recovery-state.js';
import { FINISH_MS } from './recovery-links.js';
import { RecoveryNotices } from './recovery-notices.js';

const HOUR_MS = 3_600_000;
/** How often the owner is told that a recovery runs, milliseconds. */
const NOTICE_MS = 24 * HOUR_MS;
/** How long no recovery can be started after one was cancelled, milliseconds. */
const PAUSE_MS = 24 * HOUR_MS;

/** Who or what cancels a recovery. */
export interface Cancellation {
  readonly by: 'session' | 'link' | 'password' | 'credentials' | 'disabling' | 'configuration';
  /** The session from which the owner cancels it; null otherwise. */
  readonly sessionId: string | null;
}

/**
 * The steps of the recovery of lost factors. Each is one transaction, in which the caller has locked the account, with its mail
 * and its event: a process that is killed has either done a step or not.
 */
@Injectable()
export class RecoveryRuns {
  constructor(
    private readonly recoveries: FactorRecoveriesRepository,
    private readonly secrets: SingleUseSecrets,
    private readonly notices: RecoveryNotices,
    private readonly environment: Environment,
    private readonly audit: AuditService,
    private readonly clock: Clock,
  ) {}

  /** Whether recoveries are switched off (`FACTOR_RECOVERY_HOURS=0`). */
  get isOff(): boolean {
    return this.environment.FACTOR_RECOVERY_HOURS === 0;
  }

  /**
   * Starts a recovery, or sends its mail again if one is running. Returns why none was started; null if one was.
   */
  async start(tx: Transaction, user: User, origin: Origin): Promise<'running' | 'paused' | null> {
    const recovery = await this.recoveries.find(user.id, tx);
    const running = runningOf(recovery);
    if (running) {
      await this.notices.again(tx, user, running, origin);
      return 'running';
    }
    if (recovery?.canceledAt === null && recovery.changed !== null) {
      await this.cancel(tx, user, { by: recovery.changed, sessionId: null }, origin);
      return 'paused';
    }
    if (recovery !== null && this.clock.now() < recovery.nextAt) return 'paused';
    await this.begin(tx, user, origin);
    return null;
  }

  /** Cancels the recovery of an account, whatever it waits for. Returns false if there is none. */
  async cancel(
    tx: Transaction,
    user: User,
    { by, sessionId }: Cancellation,
    origin: Origin,
  ): Promise<boolean> {
    const recovery = await this.recoveries.find(user.id, tx);
    if (!recovery || recovery.canceledAt !== null) return false;
    const canceledAt = this.clock.now();
    const nextAt = new Date(canceledAt.getTime() + PAUSE_MS);
    await this.recoveries.update(tx, user.id, { canceledAt, nextAt });
    await this.secrets.revokeAll(tx, user.id, RECOVERY_PURPOSES);
    await this.audit.record(tx, {
      type: 'user_recovery_canceled',
      ...done(user, origin),
      sessionId,
      details: { by },
    });
    return true;
  }

  /** Tells the owner again that the recovery runs. */
  async remind(tx: Transaction, user: User, recovery: StoredRecovery, origin: Origin): Promise<void> {
    await this.recoveries.update(tx, user.id, { nextAt: this.nextNotice(recovery) });
    await this.notices.running(tx, user, recovery, origin);
  }

  /** Mails the link that removes the factors: the waiting time is over. */
  async offer(tx: Transaction, user: User, origin: Origin): Promise<void> {
    const readyAt = this.clock.now();
    const nextAt = new Date(readyAt.getTime() + FINISH_MS);
    await this.recoveries.update(tx, user.id, { readyAt, nextAt });
    await this.notices.ready(tx, user, { nextAt });
    await this.audit.record(tx, { type: 'user_recovery_ready', ...done(user, origin), details: {} });
  }

  /** Ends a recovery whose link was not used in time. */
  async expire(tx: Transaction, user: User, origin: Origin): Promise<void> {
    await this.recoveries.delete(tx, user.id);
    await this.secrets.revokeAll(tx, user.id, RECOVERY_PURPOSES);
    await this.audit.record(tx, { type: 'user_recovery_expired', ...done(user, origin), details: {} });
  }

  private async begin(tx: Transaction, user: User, origin: Origin): Promise<void> {
    const startedAt = this.clock.now();
    const dueAt = new Date(startedAt.getTime() + this.environment.FACTOR_RECOVERY_HOURS * HOUR_MS);
    const nextAt = this.nextNotice({ startedAt, dueAt });
    await this.recoveries.insert(tx, { userId: user.id, startedAt, dueAt, nextAt });
    const details = { dueAt: dueAt.toISOString() };
    await this.audit.record(tx, { type: 'user_recovery_started', ...done(user, origin), details });
    await this.notices.running(tx, user, { startedAt, dueAt }, origin);
  }

  /** A whole number of days after the start, or the end of the waiting time if that is earlier. */
  private nextNotice({ startedAt, dueAt }: Pick<StoredRecovery, 'startedAt' | 'dueAt'>): Date {
    const days = Math.floor((this.clock.nowMs() - startedAt.getTime()) / NOTICE_MS) + 1;
    return new Date(Math.min(startedAt.getTime() + days * NOTICE_MS, dueAt.getTime()));
  }
}

const done = ({ id: userId }: User, origin: Origin) => ({ outcome: 'success' as const, userId, origin });
