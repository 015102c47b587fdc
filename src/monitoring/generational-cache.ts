/**
 * A map of recently used values. {@link age} makes the young generation the old one and drops the previous old one as
 * a whole, whose values were not used in between. Evicting entries one by one would be slow: Map leaves tombstones,
 * and finding the first live entry has to skip them.
 */
export class GenerationalCache<V> {
  private young = new Map<string, V>();
  private old = new Map<string, V>();

  /** @param onYoung called with each value that enters the young generation */
  constructor(private readonly onYoung: (value: V) => void = () => undefined) {}

  /** How many values were used since the last call of {@link age}. */
  get youngSize(): number {
    return this.young.size;
  }

  /** Returns the value of a key, creating it if there is none. */
  use(key: string, make: () => V): V {
    const known = this.young.get(key);
    if (known !== undefined) return known;
    const value = this.old.get(key) ?? make();
    this.young.set(key, value);
    this.onYoung(value);
    return value;
  }

  /** Returns all values, without marking them as used. */
  values(): Set<V> {
    return new Set([...this.old.values(), ...this.young.values()]);
  }

  age(): void {
    this.old = this.young;
    this.young = new Map();
  }
}
