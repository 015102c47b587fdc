import type { Checkpoint } from '../seals/checkpoint.js';
import type { Seal } from '../seals/seal.js';
import type { SealKey } from '../seals/seal-key.js';
import { type Fault, sealFault } from './fault.js';

/** Compares the chain with checkpoints that were kept outside the database; only genuine ones are testimony. */
export class CheckpointCheck {
  private readonly byNumber: Map<number, Checkpoint[]>;

  constructor(
    checkpoints: readonly Checkpoint[],
    private readonly key: SealKey,
  ) {
    this.byNumber = Map.groupBy(checkpoints, ({ number }) => number);
  }

  /** The fault of a seal that a genuine checkpoint knows with another hash, or null. */
  faultOf(seal: Seal): Fault | null {
    const others = this.byNumber.get(seal.number)?.filter(({ hash }) => hash !== seal.hash) ?? [];
    if (!others.some((checkpoint) => this.key.isOurs(checkpoint))) return null;
    return sealFault(seal.number, 'seal_replaced', 'The seal is not the one that a checkpoint knows.');
  }

  /** The fault of a chain that ends at a seal although a genuine checkpoint knows a later one of that time, or null. */
  cutAfter(number: number, until: Date | null): Fault | null {
    const beyond = [...this.byNumber.values()]
      .flat()
      .filter((checkpoint) => checkpoint.number > number)
      .filter(({ time }) => until === null || time <= until.toISOString());
    const genuine = beyond
      .filter((checkpoint) => this.key.isOurs(checkpoint))
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
