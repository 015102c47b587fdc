/** An item of a field with which a client says what it prefers. */
export interface WeightedItem {
  /** In lower case. */
  readonly name: string;
  /** From 0, not acceptable, to 1. */
  readonly weight: number;
}

/** Returns the items of a list such as that of `Accept`, with their weights (RFC 9110 section 12.4.2), in their order. */
export function weightedItems(field: string | undefined): WeightedItem[] {
  return (field ?? '').split(',').map((item) => {
    const [name = '', ...parameters] = item.split(';').map((part) => part.trim().toLowerCase());
    const weight = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
    return { name, weight: weight === undefined ? 1 : Number(weight) || 0 };
  });
}
