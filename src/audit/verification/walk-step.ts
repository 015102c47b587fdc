import type { Seal } from '../seals/seal.js';
import type { Fault } from './fault.js';

/** How many entries a step of the walk has verified. */
interface Verified {
  readonly entries: number;
  /** How many of them have lost their personal members. */
  readonly erased: number;
}

/** The result of one step of the walk over the trail. */
export type WalkStep = { readonly faults: readonly Fault[] } & (
  | ({ readonly kind: 'range'; readonly seal: Seal } & Verified)
  /** A seal that the service did not create. The walk continues from the previous one. */
  | { readonly kind: 'forged_seal'; readonly seal: Seal }
  /** Entries that no seal contains. */
  | ({ readonly kind: 'unsealed' } & Verified)
  /** The number of the last seal of the time to be verified, which retention may have dropped. */
  | { readonly kind: 'end'; readonly number: number }
  /** Faults of no entry and no genuine seal: of the tables, or of a link that is missing. */
  | { readonly kind: 'trail' }
);

/** Returns a step of faults that belong to no entry and to no genuine seal. */
export function trailStep(faults: readonly Fault[]): WalkStep {
  return { kind: 'trail', faults };
}
