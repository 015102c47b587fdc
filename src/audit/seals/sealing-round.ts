import { Injectable } from '@nestjs/common';
import { Sealer } from './sealer.js';
import { CheckpointPublisher } from './checkpoint-publisher.js';

/** Seals all waiting entries, and publishes the newest seal outside the database. */
@Injectable()
export class SealingRound {
  constructor(
    private readonly sealer: Sealer,
    private readonly checkpoints: CheckpointPublisher,
  ) {}

  async run(): Promise<void> {
    for (;;) {
      const { newest, more } = await this.sealer.seal();
      if (newest) this.checkpoints.publish(newest);
      if (!more) return;
    }
  }
}
