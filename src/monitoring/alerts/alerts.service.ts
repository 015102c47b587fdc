import { Inject, Injectable } from '@nestjs/common';
import { AuditService } from '../../audit/audit.service.js';
import { callerIdOf, type Principal, recordedCaller } from '../../platform/access/principal.js';
import { isUuid } from '../../platform/crypto/uuid.js';
import { type Transaction, TransactionRunner } from '../../platform/database/transaction-runner.js';
import { PlatformErrors } from '../../platform/errors/platform.errors.js';
import { Problem } from '../../platform/errors/problem.js';
import { unacceptable } from '../../platform/errors/unacceptable.js';
import type { Origin } from '../../platform/http/origin.js';
import { BlockRemoval } from '../../rate-limit/blocks/block-removal.js';
import { ALERT_KINDS, type AlertKind } from './alert-kind.js';
import { cursorAfter, positionOf } from './alert-cursor.js';
import { acknowledge, resolve } from './alert-lifecycle.js';
import type { Alert } from './alert.entity.js';
import { type AlertFilter, AlertsRepository } from './alerts.repository.js';

/** A page of alerts, and the cursor of the next page if there is one. */
export interface AlertPage {
  readonly alerts: readonly Alert[];
  readonly nextCursor: string | null;
}

/** Lists, acknowledges and resolves alerts on behalf of users and programs. */
@Injectable()
export class AlertsService {
  constructor(
    private readonly alerts: AlertsRepository,
    private readonly audit: AuditService,
    private readonly blocks: BlockRemoval,
    private readonly transactions: TransactionRunner,
    @Inject(ALERT_KINDS) private readonly kinds: readonly AlertKind[],
  ) {}

  /** Lists alerts. Throws `validation_failed` for an invalid cursor or an unknown rule. */
  async list(filter: AlertFilter, cursor: string | undefined, limit: number): Promise<AlertPage> {
    if (filter.rule !== undefined) this.requireKnown(filter.rule);
    const after = cursor === undefined ? null : positionOf(cursor);
    const found = await this.alerts.list(filter, after, limit + 1);
    const alerts = found.slice(0, limit);
    return { alerts, nextCursor: found.length > limit ? cursorAfter(alerts.at(-1)!) : null };
  }

  /** Acknowledges an alert. Does nothing if it has already been acknowledged or resolved. Throws `not_found`. */
  async acknowledge(id: string, by: Principal, origin: Origin): Promise<Alert> {
    return this.change(id, async (tx, alert) => {
      if (acknowledge(alert, callerIdOf(by))) await this.record(tx, alert, 'alert_acknowledged', by, origin);
    });
  }

  /**
   * Resolves an alert and unblocks the addresses that were blocked in response to it. Does nothing if it has already
   * been resolved. Throws `not_found`.
   */
  async resolve(id: string, by: Principal, origin: Origin): Promise<Alert> {
    return this.change(id, async (tx, alert) => {
      if (!resolve(alert, callerIdOf(by))) return;
      await this.record(tx, alert, 'alert_resolved', by, origin);
      await this.blocks.ofAlert(tx, id, recordedCaller(by).userId, origin);
    });
  }

  /** A misspelled name must not look like a rule that found nothing. */
  private requireKnown(rule: string): void {
    if (this.kinds.some(({ name }) => name === rule)) return;
    throw unacceptable('#/rule', 'rule must be the name of a rule');
  }

  private async change(id: string, step: (tx: Transaction, alert: Alert) => Promise<void>): Promise<Alert> {
    if (!isUuid(id)) throw new Problem(PlatformErrors.not_found);
    return this.transactions.run(async (tx) => {
      const alert = await this.alerts.lock(tx, id);
      if (!alert) throw new Problem(PlatformErrors.not_found);
      await step(tx, alert);
      return alert;
    });
  }

  private async record(
    tx: Transaction,
    alert: Alert,
    type: 'alert_acknowledged' | 'alert_resolved',
    by: Principal,
    origin: Origin,
  ): Promise<void> {
    const details = { alertId: alert.id, rule: alert.rule };
    await this.alerts.save(tx, [alert]);
    await this.audit.record(tx, {
      type,
      outcome: 'success',
      userId: recordedCaller(by).userId,
      origin,
      details,
    });
  }
}
