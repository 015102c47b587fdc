import type { Dimension } from '../rules/rule.js';
import type { Occurrence } from '../rules/occurrence.js';

/** An observation made by a rule. */
export interface Observed {
  /** False for observations that only enter the ratio. */
  readonly counts: boolean;
  /** The number of events that it represents; 1 by default. */
  readonly weight?: number;
  readonly value?: unknown;
}

interface Item {
  readonly at: number;
  readonly account: string | null;
  readonly address: string | null;
  readonly userId: string | null;
  readonly counts: boolean;
  /** Whether it is a login whose password was checked. */
  readonly evaluated: boolean;
  readonly weight: number;
  readonly value: unknown;
  /** Whether the data of its user was erased: it counts, but no alert names anything of it. */
  isErased: boolean;
}

/** Of one account, at most so many observations that are no failures, such as successes, are part of a ratio. */
const MOST_OF_ONE = 5;

/** How many of the most recent accounts, addresses and users an alert names. */
const NAMED_IN_EVIDENCE = 20;
/**
 * How many of the most recent observations are searched for names and values: a page of the trail, so that no address
 * in it is missed.
 */
const LOOKED_AT = 500;

/**
 * The most recent observations of one subject within the window, at most {@link capacity}. Counts are exact and
 * updated with each arrival and expiry, so that a flood costs no more than a list.
 */
export class SubjectWindow {
  private items: Item[] = [];
  private head = 0;
  private countedItems = 0;
  private added = 0;
  private reported = 0;
  /** How many observations that do not count name each account. */
  private readonly others = new Map<string | null, number>();
  private otherItems = 0;
  private readonly counts: readonly { dimension: Dimension; ofValue: Map<string | null, number> }[];

  constructor(
    private readonly capacity: number,
    dimensions: readonly Dimension[],
  ) {
    this.counts = dimensions.map((dimension) => ({ dimension, ofValue: new Map<string | null, number>() }));
  }

  get seen(): number {
    return this.items.length - this.head;
  }

  get counted(): number {
    return this.countedItems;
  }

  /** The number of observations that count, and of those that do not, at most {@link MOST_OF_ONE} of an account. */
  get weighed(): number {
    return this.countedItems + this.otherItems;
  }

  /** Returns the number of distinct values of a dimension among the counted observations; 0 if it is not tracked. */
  distinct(dimension: Dimension): number {
    return this.counts.find((count) => count.dimension === dimension)?.ofValue.size ?? 0;
  }

  /** Adds an observation. One that does not count is not kept if the window has enough of its account. */
  add(
    { at, account, address, attempt, entry: { userId } }: Occurrence,
    { counts, weight = 1, value }: Observed,
  ): void {
    const evaluated = attempt?.evaluated === true;
    // Whoever has an account can add any number of them, and must not be able to push those that count out of the window.
    if (!counts && (this.others.get(account) ?? 0) >= MOST_OF_ONE) return;
    const item = { at, account, address, userId, counts, evaluated, weight, value, isErased: false };
    this.items.push(item);
    this.added += 1;
    this.tally(item, 1);
    if (this.seen > this.capacity) this.dropOldest();
  }

  /**
   * Drops observations at or before the instant. Trails are ordered by commit, which is almost but not exactly by
   * time.
   */
  expire(untilMs: number): void {
    while (this.seen > 0 && this.items[this.head]!.at <= untilMs) this.dropOldest();
  }

  /**
   * Keeps the observations of these users for the counts alone: their data was erased, and must not come back in an
   * alert.
   */
  forget(userIds: ReadonlySet<string>): void {
    for (const item of this.items) if (item.userId !== null && userIds.has(item.userId)) item.isErased = true;
  }

  get firstAt(): number {
    return this.items[this.head]?.at ?? 0;
  }

  /** Returns the most recent distinct values of a member among the counted observations, newest first. */
  newest(member: 'account' | 'address' | 'userId', most = NAMED_IN_EVIDENCE, among = LOOKED_AT): string[] {
    const found = new Set<string>();
    const earliest = Math.max(this.head, this.items.length - Math.min(among, LOOKED_AT));
    for (let i = this.items.length - 1; i >= earliest && found.size < most; i--) {
      const { counts, isErased, [member]: value } = this.items[i]!;
      if (counts && !isErased && value !== null) found.add(value);
    }
    return [...found];
  }

  /** Returns the values that the rule kept for the most recent observations, the oldest first. */
  values(): unknown[] {
    const earliest = Math.max(this.head, this.items.length - LOOKED_AT);
    return this.items
      .slice(earliest)
      .flatMap(({ value, isErased }) => (value === undefined || isErased ? [] : [value]));
  }

  /**
   * Returns the addresses counted since the last call, so that an address that was unblocked is not blocked again for
   * old events.
   * @param isGuessing if given, only addresses of which it is true, given the accounts of the wrong passwords from there
   */
  newAddresses(isGuessing?: (address: string, wrong: readonly (string | null)[]) => boolean): string[] {
    const addresses = this.newest('address', Infinity, this.added - this.reported);
    this.reported = this.added;
    if (!isGuessing) return addresses;
    const wrong = new Map<string, (string | null)[]>(addresses.map((address) => [address, []]));
    for (const { counts, evaluated, address, account } of this.items.slice(this.head))
      if (counts && evaluated && address !== null) wrong.get(address)?.push(account);
    return addresses.filter((address) => isGuessing(address, wrong.get(address)!));
  }

  private dropOldest(): void {
    const oldest = this.items[this.head]!;
    this.head += 1;
    this.tally(oldest, -1);
    // The expired head is removed once it is longer than the rest, so the cost per observation is constant.
    if (this.head > 32 && this.head > this.items.length / 2) {
      this.items = this.items.slice(this.head);
      this.head = 0;
    }
  }

  private tally(item: Item, step: 1 | -1): void {
    if (!item.counts) {
      this.otherItems += step;
      addTo(this.others, item.account, step);
      return;
    }
    this.countedItems += step * item.weight;
    for (const { dimension, ofValue } of this.counts) {
      const value = item[dimension];
      if (value !== null) addTo(ofValue, value, step);
    }
  }
}

function addTo(counts: Map<string | null, number>, value: string | null, step: 1 | -1): void {
  const count = (counts.get(value) ?? 0) + step;
  if (count === 0) counts.delete(value);
  else counts.set(value, count);
}
