import type { Clock } from '../../platform/clock/clock.js';
import type { GroupedRefusals } from './grouped-refusals.js';

/** How many refusals of one caller per minute are recorded separately. */
const SINGLES = 20;
const MINUTE_MS = 60_000;
/** How long further refusals are counted before they are recorded as one entry. */
const GROUP_MS = 10_000;
/** The first group of a minute is recorded sooner, so that detection notices a storm while it lasts. */
const FIRST_GROUP_MS = 1000;
/** How many callers are tracked individually. All others share one group, which names none of them. */
const MAX_CALLERS = 10_000;
const SWEEP_EVERY_MS = 1000;
const CROWD = '';
const MAX_ROUTES = 20;

interface Group<T> {
  refusal: T;
  count: number;
  readonly firstAt: Date;
  lastAt: Date;
  readonly routes: Set<string>;
  readonly timer: NodeJS.Timeout;
}

/** How several refusals become one. */
export interface Combination<T> {
  /** Combines the refusals of a group so far with the next one. */
  readonly join: (sofar: T, next: T) => T;
  /** Removes whatever identifies the caller, or the person that the request was about. */
  readonly withoutCaller: (refusal: T) => T;
}

interface Caller<T> {
  /** Whether it stands for all who are not tracked individually. */
  readonly isCrowd: boolean;
  /** Start of the count, on a monotonic clock. */
  sinceMs: number;
  singles: number;
  /** Whether a group has been started since then. */
  hasGrouped: boolean;
  group: Group<T> | null;
}

/**
 * Decides which refusals are recorded separately, and counts the others per caller, because a refusal must not cost
 * more than the request that it refuses. For a caller that is refused continuously, an entry is written every 10 s,
 * the first one after 1 s. Memory is bounded. A killed process loses the counts of at most 10 s.
 */
export class RefusalGroups<T> {
  private readonly callers = new Map<string, Caller<T>>();
  private sweptMs = -SWEEP_EVERY_MS;

  /**
   * @param write records the last refusal of a group, on behalf of all of them
   */
  constructor(
    private readonly clock: Clock,
    private readonly write: (refusal: T, grouped: GroupedRefusals) => void,
    private readonly combination: Combination<T>,
  ) {}

  /** Whether this refusal must be recorded separately. Otherwise it is counted in its caller's group. */
  isSingle(name: string, refusal: T, route: string): boolean {
    const caller = this.caller(name, performance.now());
    if (caller.group === null && caller.singles < SINGLES) {
      caller.singles += 1;
      return true;
    }
    // The refusals of the crowd must not be attributed to whoever of it is refused last.
    this.count(caller, caller.isCrowd ? this.combination.withoutCaller(refusal) : refusal, route);
    return false;
  }

  /** Records all counts. Called before the process ends. */
  flush(): void {
    for (const caller of this.callers.values()) this.close(caller);
  }

  private caller(name: string, nowMs: number): Caller<T> {
    if (!this.callers.has(name) && this.callers.size >= MAX_CALLERS) this.forgetIdle(nowMs);
    const key = this.callers.has(name) || this.callers.size < MAX_CALLERS ? name : CROWD;
    const known = this.callers.get(key);
    if (known && nowMs - known.sinceMs < MINUTE_MS) return known;
    const isCrowd = key === CROWD;
    const caller = known ?? { isCrowd, sinceMs: nowMs, singles: 0, hasGrouped: false, group: null };
    caller.sinceMs = nowMs;
    caller.singles = 0;
    caller.hasGrouped = false;
    this.callers.set(key, caller);
    return caller;
  }

  private forgetIdle(nowMs: number): void {
    if (nowMs - this.sweptMs < SWEEP_EVERY_MS) return;
    this.sweptMs = nowMs;
    for (const [name, { sinceMs, group }] of this.callers) {
      if (group === null && nowMs - sinceMs >= MINUTE_MS) this.callers.delete(name);
    }
  }

  private count(caller: Caller<T>, refusal: T, route: string): void {
    const now = this.clock.now();
    if (caller.group) caller.group.refusal = this.combination.join(caller.group.refusal, refusal);
    const group = (caller.group ??= {
      refusal,
      count: 0,
      firstAt: now,
      lastAt: now,
      routes: new Set(),
      timer: setTimeout(() => this.close(caller), caller.hasGrouped ? GROUP_MS : FIRST_GROUP_MS).unref(),
    });
    caller.hasGrouped = true;
    group.count += 1;
    // If the clock is set back, a group must not end before it begins.
    if (now > group.lastAt) group.lastAt = now;
    if (group.routes.size < MAX_ROUTES) group.routes.add(route);
  }

  private close(caller: Caller<T>): void {
    const { group } = caller;
    if (group === null) return;
    caller.group = null;
    clearTimeout(group.timer);
    this.write(group.refusal, {
      count: group.count,
      firstAt: group.firstAt.toISOString(),
      lastAt: group.lastAt.toISOString(),
      routes: [...group.routes],
    });
  }
}
