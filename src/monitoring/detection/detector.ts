import { deviceName } from '../../audit/activity/device-name.js';
import { BoundedMap } from '../../platform/memory/bounded-map.js';
import type { Finding } from '../alerts/alert-kind.js';
import { mostSevereFirst } from '../alerts/severity.js';
import type { Figures, Rule, Threshold } from '../rules/rule.js';
import type { Occurrence } from '../rules/occurrence.js';
import { AddressOutcomes } from './address-outcomes.js';
import { isGuessing } from './own-guesses.js';
import { evaluatedOrSkipped } from './skipped-entry.js';
import { SlidingWindows } from './sliding-windows.js';
import { type Located, SubjectBound } from './subject-bound.js';
import type { SubjectWindow } from './subject-window.js';

/**
 * Longer subjects are cut to this number of characters, at most 1.5 kB in UTF-8. A row of the index over the subjects of
 * alerts has less than 2.7 kB.
 */
const LONGEST_SUBJECT = 500;
/** How many people whose erasure was read are remembered, about 100 bytes each. */
const REMEMBERED_ERASED = 20_000;

interface Watched {
  readonly rule: Rule;
  readonly limit: Threshold;
  readonly windows: SlidingWindows;
  readonly bound: SubjectBound;
}

/** A rule that became true of a subject, and how often. */
interface Hit {
  readonly watched: Watched;
  readonly subject: string;
  readonly window: SubjectWindow;
  readonly firstSeenAt: number;
  readonly count: number;
  readonly last: Occurrence;
  /** The values at the time of the event; by the end of the page, the window may have dropped some of them. */
  readonly values: readonly unknown[];
}

/** Holds the windows of every rule, and returns which rules the next entries make true. */
export class Detector {
  /** Indexed by the type of event that the rules evaluate. */
  private readonly watched = new Map<string, Watched[]>();
  /** The people whose erasure was read. */
  private readonly erased = new BoundedMap<string, true>(REMEMBERED_ERASED);
  private readonly outcomes: AddressOutcomes;

  /** @param usualFailureRatio the service's share of failed logins before the current windows */
  constructor(
    rules: readonly Rule[],
    private readonly usualFailureRatio: (nowMs: number) => number,
  ) {
    const blocking = rules.filter(({ blockedForAccounts }) => blockedForAccounts !== undefined);
    this.outcomes = new AddressOutcomes(
      1000 * Math.max(0, ...blocking.map(({ limit }) => limit?.seconds ?? 0)),
    );
    for (const rule of rules) {
      const { limit } = rule;
      if (limit === null) continue;
      const windows = new SlidingWindows(limit.seconds * 1000, rule.distinct);
      const watched = { rule, limit, windows, bound: new SubjectBound() };
      for (const type of rule.events) this.watched.set(type, [...(this.watched.get(type) ?? []), watched]);
    }
  }

  /**
   * Processes the next events, in the trail's order. Returns one finding per rule and subject, the most severe first,
   * regardless of how many events made it true: during an attack, an alert is written once per page. Events about people
   * whose erasure was read before, from a client that still uses a token of theirs, are ignored: nothing would erase the alert.
   */
  observe(occurrences: readonly Occurrence[]): Finding[] {
    const hits = new Map<string, Hit>();
    for (const occurrence of occurrences) {
      if (this.erased.has(occurrence.entry.userId ?? '')) continue;
      const { id, type } = occurrence.entry;
      evaluatedOrSkipped(id, () => {
        this.outcomes.add(occurrence);
        for (const watched of this.watched.get(type) ?? []) this.weigh(watched, occurrence, hits);
      });
    }
    this.forgetErased(occurrences);
    const found = new Map<SubjectBound, Located[]>();
    for (const hit of hits.values()) {
      const { bound } = hit.watched;
      const finding = evaluatedOrSkipped(hit.last.entry.id, () => this.finding(hit));
      if (!finding) continue;
      const located = { finding, network: hit.last.address };
      found.set(bound, [...(found.get(bound) ?? []), located]);
    }
    return Array.from(found, ([bound, all]) => bound.apply(all))
      .flat()
      .toSorted((a, b) => mostSevereFirst(a.kind, b.kind));
  }

  /**
   * Lets the windows forget whose erasure these events state. Alerts that were raised before are erased with the rest, and
   * none that is raised by later events names the person.
   */
  private forgetErased(occurrences: readonly Occurrence[]): void {
    const userIds = new Set<string>();
    for (const { entry } of occurrences)
      if (entry.type === 'personal_data_erased' && entry.userId !== null) userIds.add(entry.userId);
    if (userIds.size === 0) return;
    for (const userId of userIds) this.erased.set(userId, true);
    for (const { windows } of new Set([...this.watched.values()].flat())) windows.forget(userIds);
  }

  private weigh(watched: Watched, occurrence: Occurrence, hits: Map<string, Hit>): void {
    const { rule, limit, windows } = watched;
    const observation = rule.observe(occurrence);
    if (!observation) return;
    const { counts, value, weight = 1 } = observation;
    const subject = observation.subject.slice(0, LONGEST_SUBJECT);
    const window = windows.add(subject, occurrence, { counts, weight, value });
    // Only counted observations can make a rule true; a success merely changes the ratio.
    if (!counts) return;
    const figures = this.figures(window, occurrence.at, () => window.values());
    if (!rule.holds(figures, limit)) return;
    const key = `${rule.name} ${subject}`;
    const hit = hits.get(key);
    hits.set(key, {
      watched,
      subject,
      window,
      firstSeenAt: hit?.firstSeenAt ?? window.firstAt,
      count: (hit?.count ?? 0) + weight,
      last: occurrence,
      values: value === undefined ? [] : figures.values,
    });
  }

  private finding({ watched, subject, window, firstSeenAt, count, last, values }: Hit): Finding {
    const { rule, limit } = watched;
    const figures = this.figures(window, last.at, () => values);
    const { requestId, userAgent } = last.entry;
    const userIds = window.newest('userId');
    return {
      kind: rule,
      subject: namedByUser(subject, userIds),
      count,
      firstSeenAt: new Date(firstSeenAt),
      lastSeenAt: new Date(last.at),
      addresses: this.newAddresses(window, rule, last.at - limit.seconds * 1000),
      evidence: {
        summary: rule.summary(figures, limit),
        counted: figures.counted,
        threshold: limit.count,
        windowSeconds: limit.seconds,
        accounts: window.newest('account'),
        addresses: window.newest('address'),
        userIds,
        lastRequestId: requestId,
        ...(rule.toOwner && { device: deviceName(userAgent ?? '') }),
        ...rule.evidence?.(figures, last),
      },
    };
  }

  /** Returns the addresses for responses; of a rule about failed logins, those that guess themselves. */
  private newAddresses(window: SubjectWindow, { blockedForAccounts }: Rule, afterMs: number): string[] {
    if (blockedForAccounts === undefined) return window.newAddresses();
    return window.newAddresses((address, wrong) =>
      isGuessing(wrong, this.outcomes.of(address, afterMs), blockedForAccounts),
    );
  }

  private figures(window: SubjectWindow, nowMs: number, values: () => readonly unknown[]): Figures {
    const usualFailureRatio = () => this.usualFailureRatio(nowMs);
    return {
      counted: window.counted,
      seen: window.weighed,
      distinct: { account: window.distinct('account'), address: window.distinct('address') },
      // A getter, because only some rules need it.
      get usualFailureRatio() {
        return usualFailureRatio();
      },
      get values() {
        return values();
      },
    };
  }
}

/**
 * Names the account of a subject by the id of its user, which an operator can look up. Windows are by the digest of the address,
 * because a refused attempt does not tell whether there is an account.
 */
function namedByUser(subject: string, userIds: readonly string[]): string {
  return userIds.length === 1 ? subject.replace(/^account:\S+/, `user:${userIds[0]}`) : subject;
}
