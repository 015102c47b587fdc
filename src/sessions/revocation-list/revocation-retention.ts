import { Injectable } from '@nestjs/common';
import { InBackground } from '../../platform/background/in-background.decorator.js';
import { RetentionClock } from '../../platform/database/retention-clock.js';
import { RevocationListRepository } from './revocation-list.repository.js';

const PAUSE_MS = 60_000;
const BATCH = 1000;

/** How long a revocation is kept after the last token has expired, because the clocks of verifiers differ. */
const KEPT_MS = 60_000;

/** Deletes revocations that no token is concerned by any more, oldest first. */
@Injectable()
export class RevocationRetention {
  constructor(
    private readonly list: RevocationListRepository,
    private readonly clock: RetentionClock,
  ) {}

  /**
   * Deletes one batch. Returns whether there may be more. Only numbered revocations are deleted, so those that nobody has
   * read yet are numbered first.
   */
  @InBackground({ pauseMs: PAUSE_MS })
  async enforce(): Promise<boolean> {
    await this.list.number();
    return (await this.list.deleteOldest(await this.clock.ago(KEPT_MS), BATCH)) === BATCH;
  }
}
