import { Injectable } from '@nestjs/common';
import { AuditFeed } from '../../audit/feed/audit-feed.js';
import { SealProgress } from '../../audit/seals/seal-progress.js';
import { InBackground } from '../../platform/background/in-background.decorator.js';
import { DetectionRepository } from '../detection/detection.repository.js';

const PAUSE_MS = 2_000;

/**
 * How far sealing and detection lag behind the trail. Read from PostgreSQL every two seconds, so that scrapes and
 * conditions do not wait for it. Every instance reads it, because the leader may be the one that has stopped.
 */
@Injectable()
export class TrailProgress {
  /** The number of the newest seal. */
  chainPosition = 0;
  /** How long the oldest unsealed entry has been waiting. */
  unsealedSeconds = 0;
  /** How long the oldest event that detection has not processed has been waiting. */
  detectionLagSeconds = 0;

  constructor(
    private readonly seals: SealProgress,
    private readonly trail: AuditFeed,
    private readonly detection: DetectionRepository,
  ) {}

  @InBackground({ pauseMs: PAUSE_MS, startsAtOnce: true })
  async read(): Promise<void> {
    const { number, unsealedSeconds } = await this.seals.read();
    const { position } = await this.detection.cursor();
    this.chainPosition = number;
    this.unsealedSeconds = unsealedSeconds;
    this.detectionLagSeconds = position === null ? 0 : await this.trail.secondsBehind(position);
  }
}
