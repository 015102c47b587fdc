import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import type { AlertChange } from '../alerts/alert-change.js';
import { AlertRaiser } from '../alerts/alert-raiser.js';
import type { Alert } from '../alerts/alert.entity.js';
import { isAnnounced } from '../alerts/delivery-channel.js';

const LEVELS = { info: 'log', warning: 'warn', critical: 'error' } as const;

/** Writes every announced alert to the log, the channel that needs neither configuration nor a network. */
@Injectable()
export class AlertLog implements OnModuleInit {
  private readonly logger = new Logger('Alert');

  constructor(private readonly raiser: AlertRaiser) {}

  onModuleInit(): void {
    this.raiser.changes.subscribe((change) => {
      if (isAnnounced(change) && !change.finding.announced) this.write(change);
    });
  }

  write({ alert, transition }: AlertChange): void {
    this.logger[LEVELS[alert.severity]](
      { alert: loggedAlert(alert) },
      `Alert ${transition}: ${alert.rule} (${alert.severity})`,
    );
  }
}

/** Returns what the log contains of an alert: no address and no digest of one, because data cannot be erased from the log. */
function loggedAlert({ id, rule, severity, state, count, evidence: { userIds = [] } }: Alert): object {
  const [userId, ...others] = userIds;
  return { id, rule, severity, state, count, userId: others.length === 0 ? (userId ?? null) : null };
}
