import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { AuditFeed } from '../../audit/feed/audit-feed.js';
import { SealProgress } from '../../audit/seals/seal-progress.js';
import { RepeatingTask } from '../../platform/clock/repeating-task.js';
import { DetectionRepository } from '../detection/detection.repository.js';

const PAUSE_MS = 2_000;

/**
 * How far sealing and detection lag behind the trail. Read from PostgreSQL every two seconds, so that neither a scrape nor a
 * condition waits for it, and by every instance, because the leader may be the one that has stopped.
 */
@Injectable()
export class TrailProgress implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly task = new RepeatingTask(TrailProgress.name, () => this.read(), { pauseMs: PAUSE_MS });

  /** The number of the newest seal. */
  chainPosition = 0;
  /** For how long the oldest entry has waited for its seal. */
  unsealedSeconds = 0;
  /** For how long the oldest event has waited to be judged. */
  detectionLagSeconds = 0;

  constructor(
    private readonly seals: SealProgress,
    private readonly trail: AuditFeed,
    private readonly detection: DetectionRepository,
  ) {}

  onApplicationBootstrap(): void {
    this.task.start();
  }

  async onModuleDestroy(): Promise<void> {
    await this.task.stop();
  }

  async read(): Promise<void> {
    const [{ number, unsealedSeconds }, { position }] = await Promise.all([
      this.seals.read(),
      this.detection.cursor(),
    ]);
    this.chainPosition = number;
    this.unsealedSeconds = unsealedSeconds;
    this.detectionLagSeconds = position === null ? 0 : await this.trail.secondsBehind(position);
  }
}
