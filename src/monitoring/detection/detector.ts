import { deviceName } from '../../audit/activity/device-name.js';
import type { Finding } from '../alerts/alert-kind.js';
import type { Journey } from '../places/place.js';
import type { Figures, Limit, Rule } from '../rules/rule.js';
import type { Occurrence } from '../rules/occurrence.js';
import { SlidingWindows } from './sliding-windows.js';
import type { SubjectWindow } from './subject-window.js';

interface Watched {
  readonly rule: Rule;
  readonly limit: Limit;
  readonly windows: SlidingWindows;
}

/** That a rule became true of a subject, and how often. */
interface Hit {
  readonly watched: Watched;
  readonly subject: string;
  readonly window: SubjectWindow;
  readonly firstSeenAt: number;
  readonly count: number;
  readonly last: Occurrence;
  /** As it was then: by the end of the page either place may have left the window. */
  readonly furthest: Journey | null;
}

/** Holds every rule's windows and says which rules the next entries make true. Pure but for its memory. */
export class Detector {
  private readonly watched: readonly Watched[];

  /** @param usualFailureRatio the service's share of failing logins before the present windows */
  constructor(
    rules: readonly Rule[],
    private readonly usualFailureRatio: (nowMs: number) => number,
  ) {
    this.watched = rules.flatMap((rule) =>
      rule.limit === null
        ? []
        : [
            {
              rule,
              limit: rule.limit,
              windows: new SlidingWindows(rule.limit.seconds * 1000, rule.distinct),
            },
          ],
    );
  }

  /**
   * Takes what happened next, in the trail's order. Returns one finding per rule and subject, however
   * many of them made it true: under an attack an alert is written once per page.
   */
  observe(occurrences: readonly Occurrence[]): Finding[] {
    const hits = new Map<string, Hit>();
    for (const occurrence of occurrences) {
      for (const watched of this.watched) this.weigh(watched, occurrence, hits);
    }
    return Array.from(hits.values(), (hit) => this.finding(hit));
  }

  private weigh(watched: Watched, occurrence: Occurrence, hits: Map<string, Hit>): void {
    const { rule, limit, windows } = watched;
    const observation = rule.observe(occurrence);
    if (!observation) return;
    const { subject, counts, place } = observation;
    const window = windows.add(subject, occurrence, counts, place);
    // What does not count cannot make a rule true; a success only changes the ratio.
    if (!counts) return;
    const figures = this.figures(window, occurrence.at, () => window.furthest());
    if (!rule.holds(figures, limit)) return;
    const key = `${rule.name} ${subject}`;
    const hit = hits.get(key);
    hits.set(key, {
      watched,
      subject,
      window,
      firstSeenAt: hit?.firstSeenAt ?? window.firstAt,
      count: (hit?.count ?? 0) + 1,
      last: occurrence,
      furthest: figures.furthest,
    });
  }

  private finding({ watched, subject, window, firstSeenAt, count, last, furthest }: Hit): Finding {
    const { rule, limit } = watched;
    const figures = this.figures(window, last.at, () => furthest);
    const { requestId, userAgent } = last.entry;
    return {
      kind: rule,
      subject,
      count,
      firstSeenAt: new Date(firstSeenAt),
      lastSeenAt: new Date(last.at),
      addresses: window.newAddresses(),
      evidence: {
        summary: rule.summary(figures, limit),
        counted: figures.counted,
        threshold: limit.count,
        windowSeconds: limit.seconds,
        accounts: window.newest('account'),
        addresses: window.newest('address'),
        userIds: window.newest('userId'),
        lastRequestId: requestId,
        ...(rule.tellsOwner && { device: deviceName(userAgent ?? '') }),
        ...rule.evidence?.(figures, last),
      },
    };
  }

  private figures(window: SubjectWindow, nowMs: number, furthest: () => Journey | null): Figures {
    const usualFailureRatio = () => this.usualFailureRatio(nowMs);
    return {
      counted: window.counted,
      seen: window.seen,
      distinct: { account: window.distinct('account'), address: window.distinct('address') },
      // Each asked for by one rule, and the first only once its other conditions hold.
      get usualFailureRatio() {
        return usualFailureRatio();
      },
      get furthest() {
        return furthest();
      },
    };
  }
}
