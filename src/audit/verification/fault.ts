/** The kinds of faults that verification can find. The words are stable. */
export const FAULT_KINDS = [
  /** The entry differs from what was sealed. */
  'altered',
  /** The entry's code was not written by the service. */
  'forged',
  /** The entry was sealed and no longer exists. */
  'missing',
  /** The entry is in a range that was sealed without it. */
  'inserted',
  /** The entry is not at the position where it was sealed. */
  'moved',
  /** The seal differs from what was signed, or does not continue from the previous one. */
  'seal_altered',
  /** The seal's code was not written by the service. */
  'seal_forged',
  /** The seal no longer exists, and later ones may not either. */
  'seal_missing',
  /** The seal differs from the one in a checkpoint. */
  'seal_replaced',
  /** A checkpoint proves that the trail was once longer. */
  'tail_cut',
  /**
   * A table of the trail is not as it was created: a trigger, rule, policy, key or relation is not part of the
   * product.
   */
  'table_altered',
] as const;

export type FaultKind = (typeof FAULT_KINDS)[number];

/**
 * A fault of the trail and its place: the id of an entry, `seal:` and the number of a seal, or `table:` and the name
 * of a table.
 */
export interface Fault {
  readonly id: string;
  readonly kind: FaultKind;
  readonly detail: string;
}

/** Creates a fault of a whole seal, with a name that cannot be confused with the id of an entry. */
export function sealFault(number: number, kind: FaultKind, detail: string): Fault {
  return { id: `seal:${number}`, kind, detail };
}

/** Creates a fault of a seal with a number or an end that the service does not assign. */
export function outOfRangeSealFault(number: string): Fault {
  return {
    id: `seal:${number}`,
    kind: 'seal_forged',
    detail: 'The number or the end of the seal is outside the valid range.',
  };
}

/** Creates a fault of a table or partition itself. */
export function relationFault(relation: string, detail: string): Fault {
  return { id: `table:${relation}`, kind: 'table_altered', detail };
}
