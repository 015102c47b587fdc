import type { Checkpoint } from '../seals/checkpoint.js';
import type { Seal } from '../seals/seal.js';
import type { SealTrust } from '../seals/seal-trust.js';
import { type Fault, sealFault } from './fault.js';

/** Compares the chain with checkpoints kept outside the database. Only genuine checkpoints count. */
export class CheckpointCheck {
  private readonly byNumber: Map<number, Checkpoint[]>;

  constructor(
    checkpoints: readonly Checkpoint[],
    private readonly trust: SealTrust,
  ) {
    this.byNumber = Map.groupBy(checkpoints, ({ number }) => number);
  }

  /** Returns a fault if a genuine checkpoint has a different hash for the seal, or null. */
  faultOf(seal: Seal): Fault | null {
    const others = this.byNumber.get(seal.number)?.filter(({ hash }) => hash !== seal.hash) ?? [];
    if (!others.some((checkpoint) => this.trust.isOurs(checkpoint))) return null;
    return sealFault(seal.number, 'seal_replaced', 'The seal differs from the one in a checkpoint.');
  }

  /**
   * Returns a fault if the chain ends at a seal although a genuine checkpoint proves a later one in the time range,
   * or null.
   */
  cutAfter(number: number, until: Date | null): Fault | null {
    const beyond = [...this.byNumber.values()]
      .flat()
      .filter((checkpoint) => checkpoint.number > number)
      .filter(({ time }) => until === null || time <= until.toISOString());
    const genuine = beyond
      .filter((checkpoint) => this.trust.isOurs(checkpoint))
      .sort((a, b) => a.number - b.number);
    const newest = genuine.at(-1);
    if (!newest) return null;
    return sealFault(
      number + 1,
      'tail_cut',
      `The trail once reached seal ${newest.number} of ${newest.time}.`,
    );
  }
}
