import { Inject, Injectable, Logger } from '@nestjs/common';
import { Clock } from '../../platform/clock/clock.js';
import { InBackground } from '../../platform/background/in-background.decorator.js';
import { ALERT_KINDS, type AlertKind } from './alert-kind.js';
import { AlertsRepository } from './alerts.repository.js';

const PAUSE_MS = 5_000;

/**
 * Resolves alerts whose cause has not recurred within the quiet period of their rule. Runs on the leader. Otherwise,
 * an alert that nobody closes would hide the next attack on the same subject, because an open alert only counts up.
 */
@Injectable()
export class AlertUpkeep {
  private readonly logger = new Logger('Alert');
  private readonly kinds: readonly AlertKind[];

  constructor(
    @Inject(ALERT_KINDS) kinds: readonly AlertKind[],
    private readonly alerts: AlertsRepository,
    private readonly clock: Clock,
  ) {
    this.kinds = kinds.filter(({ quietSeconds }) => quietSeconds !== null);
  }

  @InBackground({ pauseMs: PAUSE_MS, onLeader: true })
  async resolveQuiet(): Promise<void> {
    const resolved = await this.alerts.resolveQuiet(this.kinds, this.clock.now());
    for (const alert of resolved)
      this.logger.log({ alert }, `Alert resolved: ${alert.rule}, its cause has ended`);
  }
}
