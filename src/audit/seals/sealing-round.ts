import { Injectable } from '@nestjs/common';
import { Sealer } from './sealer.js';
import { Witness } from './checkpoint-publisher.js';

/** Seals whatever waits, and has the newest seal witnessed outside the database. */
@Injectable()
export class SealingRound {
  constructor(
    private readonly sealer: Sealer,
    private readonly witness: Witness,
  ) {}

  async run(): Promise<void> {
    for (;;) {
      const { newest, more } = await this.sealer.seal();
      if (newest) this.witness.attest(newest);
      if (!more) return;
    }
  }
}
