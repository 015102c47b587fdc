/**
 * A map of recently used values. {@link age} turns the young generation into the old one and drops the previous old
 * one, which was not used in between, as a whole. Evicting entries one by one would be slow: Map leaves tombstones, and
 * finding the first live entry walks over them.
 */
export class GenerationalCache<V> {
  private young = new Map<string, V>();
  private old = new Map<string, V>();

  /** @param onYoung called with each value that joins the young generation */
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
