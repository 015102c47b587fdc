import { Injectable } from '@nestjs/common';
import { Sealer } from './sealer.js';
import { CheckpointPublisher } from './checkpoint-publisher.js';
import { NewestSeal } from './newest-seal.js';

/** Seals all waiting entries, and publishes the newest seal outside the database. */
@Injectable()
export class SealingRound {
  constructor(
    private readonly sealer: Sealer,
    private readonly checkpoints: CheckpointPublisher,
    private readonly newest: NewestSeal,
  ) {}

  /** The position that the newest genuine seal ends at; 0 when there is none. Throws when PostgreSQL is unavailable. */
  async sealedTo(): Promise<number> {
    return (await this.newest.read())?.toPosition ?? 0;
  }

  async run(): Promise<void> {
    for (;;) {
      const { newest, more } = await this.sealer.seal();
      if (newest) await this.checkpoints.publish(newest);
      if (!more) return;
    }
  }
}
