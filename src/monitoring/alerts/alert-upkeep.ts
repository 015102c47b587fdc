import {
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import { Clock } from '../../platform/clock/clock.js';
import { RepeatingTask } from '../../platform/clock/repeating-task.js';
import { Leadership } from '../../platform/leader/leadership.js';
import { ALERT_KINDS, type AlertKind } from './alert-kind.js';
import { AlertsRepository } from './alerts.repository.js';

const PAUSE_MS = 5_000;

/**
 * Resolves alerts whose cause has not recurred within the quiet period of their rule. Runs on the leader. Otherwise,
 * an alert that nobody closes would hide the next attack on the same subject, because an open alert only counts up.
 */
@Injectable()
export class AlertUpkeep implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger('Alert');
  private readonly task = new RepeatingTask(AlertUpkeep.name, () => this.step(), {
    pauseMs: PAUSE_MS,
  });
  private readonly kinds: readonly AlertKind[];

  constructor(
    @Inject(ALERT_KINDS) kinds: readonly AlertKind[],
    private readonly alerts: AlertsRepository,
    private readonly clock: Clock,
    private readonly leadership: Leadership,
  ) {
    this.kinds = kinds.filter(({ quietSeconds }) => quietSeconds !== null);
  }

  onApplicationBootstrap(): void {
    this.task.startResting();
  }

  async onModuleDestroy(): Promise<void> {
    await this.task.stop();
  }

  /** Runs only on the leader. */
  async step(): Promise<void> {
    if (this.leadership.isLeader) await this.resolveQuiet();
  }

  async resolveQuiet(): Promise<void> {
    const resolved = await this.alerts.resolveQuiet(this.kinds, this.clock.now());
    for (const alert of resolved)
      this.logger.log({ alert }, `Alert resolved: ${alert.rule}, its cause has ended`);
  }
}
