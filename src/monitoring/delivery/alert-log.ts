import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import type { AlertChange } from '../alerts/alert-change.js';
import { AlertRaiser } from '../alerts/alert-raiser.js';
import { alertBody } from '../alerts/alert-body.js';
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

  write({ alert, transition, finding }: AlertChange): void {
    this.logger[LEVELS[alert.severity]](
      { alert: alertBody(alert) },
      `Alert ${transition}: ${alert.rule} (${alert.severity}): ${finding.evidence.summary}`,
    );
  }
}
