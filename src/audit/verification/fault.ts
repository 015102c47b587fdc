/** What verification can find; the words are stable. */
export type FaultKind =
  /** The entry is not what was sealed. */
  | 'altered'
  /** The entry's code is not one that the service wrote. */
  | 'forged'
  /** The entry was sealed and is gone. */
  | 'missing'
  /** The entry lies in a range that was sealed without it. */
  | 'inserted'
  /** The entry is not in the place where it was sealed. */
  | 'moved'
  /** The seal is not what was signed, or does not go on from the one before. */
  | 'seal_altered'
  /** The seal's code is not one that the service wrote. */
  | 'seal_forged'
  /** The seal is gone, and maybe others after it. */
  | 'seal_missing'
  /** The seal is not the one that a checkpoint knows. */
  | 'seal_replaced'
  /** A checkpoint knows that the trail once reached further. */
  | 'tail_cut'
  /** A table of the trail is not what it was made as: a trigger, rule, policy, key or relation is not the product's. */
  | 'table_altered';

/** A fault of the trail, and where: the id of an entry, `seal:` and the number of a seal, or `table:` and the name of a table. */
export interface Fault {
  readonly id: string;
  readonly kind: FaultKind;
  readonly detail: string;
}

/** A fault of a seal as a whole, named so that it cannot be taken for one of an entry. */
export function sealFault(number: number, kind: FaultKind, detail: string): Fault {
  return { id: `seal:${number}`, kind, detail };
}

/** A fault of a table or partition itself. */
export function relationFault(relation: string, detail: string): Fault {
  return { id: `table:${relation}`, kind: 'table_altered', detail };
}
