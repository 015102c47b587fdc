/**
 * A map of what was used lately. When its owner says so, the young generation becomes the old one, and what is left
 * of the old one, unused since the time before, is forgotten in one piece. A list in the order of use would forget
 * one by one, but JavaScript's Map keeps a grave for each deleted entry, and looking for the first living one walks
 * over all of them.
 */
export class GenerationalCache<V> {
  private young = new Map<string, V>();
  private old = new Map<string, V>();

  /** @param onYoung is told of each value that joins the young generation */
  constructor(private readonly onYoung: (value: V) => void = () => undefined) {}

  /** How many values were used since the last change of generations. */
  get youngSize(): number {
    return this.young.size;
  }

  /** The value of a key, made when there is none. */
  use(key: string, make: () => V): V {
    const known = this.young.get(key);
    if (known !== undefined) return known;
    const value = this.old.get(key) ?? make();
    this.young.set(key, value);
    this.onYoung(value);
    return value;
  }

  age(): void {
    this.old = this.young;
    this.young = new Map();
  }
}
