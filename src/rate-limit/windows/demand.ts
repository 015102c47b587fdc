/** So many requests of a key within a term are not worth a lease, which takes two commands itself. */
const FEW = 2;

/** Keys to remember, about 1 MB; beyond it the oldest is forgotten, whose next lease comes two requests later. */
const MAX_KEYS = 10_000;

interface Spell {
  readonly since: number;
  requests: number;
}

/** Knows which keys are asked about so often that a lease saves commands. Times are in milliseconds. */
export class Demand {
  private readonly spells = new Map<string, Spell>();

  get size(): number {
    return this.spells.size;
  }

  /** Notes a request; returns whether there were more than a few within `termMs`. */
  isHigh(key: string, now: number, termMs: number): boolean {
    const spell = this.spells.get(key);
    if (spell && now - spell.since < termMs) return ++spell.requests > FEW;
    this.begin(key, { since: now, requests: 1 });
    return false;
  }

  /** Notes that a lease has ended on which this many permits were spent. */
  noteLease(key: string, now: number, spent: number): void {
    if (spent >= FEW) this.begin(key, { since: now, requests: spent });
  }

  private begin(key: string, spell: Spell): void {
    this.spells.delete(key);
    this.spells.set(key, spell);
    if (this.spells.size > MAX_KEYS) this.spells.delete(this.spells.keys().next().value!);
  }
}
