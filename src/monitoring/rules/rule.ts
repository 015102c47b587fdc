import type { AlertKind } from '../alerts/alert-kind.js';
import type { AuditEventType } from '../../audit/audit-vocabulary.js';
import type { Occurrence } from './occurrence.js';

/** So many within so many seconds. */
export interface Limit {
  readonly count: number;
  readonly seconds: number;
}

/** What a window may count the distinct values of. */
export type Dimension = 'account' | 'address';

/** How an occurrence bears on a rule. */
export interface Observation {
  /** The key of the window; the alert's subject. */
  readonly subject: string;
  /** False for what is only weighed against: a login that succeeded. */
  readonly counts: boolean;
  /** For how many it stands; one unless it is given. */
  readonly weight?: number;
  /** What the rule keeps of it in the window, beside what is kept for every rule. */
  readonly value?: unknown;
}

/** What a subject's window holds at the moment. */
export interface Figures {
  /** Observations that count. */
  readonly counted: number;
  /** All observations. */
  readonly seen: number;
  /** Distinct values among those that count, for the dimensions that the rule names. */
  readonly distinct: Readonly<Record<Dimension, number>>;
  /** Share of failures among the logins of the last 24 h before the longest window; 0 without any. */
  readonly usualFailureRatio: number;
  /** What the rule kept of the newest few hundred observations that had a value, the oldest first. */
  readonly values: readonly unknown[];
}

/** What the service can do about an alert automatically, where the operator allows it for the rule. */
export type Response = 'block_address' | 'end_sessions';

/**
 * One thing to be found in the trail: pure, so that a list of entries is its whole test. Everything that a rule needs
 * stands on it; a new one is a file and a line in `rules.ts`.
 */
export interface Rule extends AlertKind {
  /** The types of events that it looks at; {@link observe} is given no others. */
  readonly events: readonly AuditEventType[];
  /** The responses that operators may enable. A rule that a stranger can make true must not sign its victim out. */
  readonly responses?: readonly Response[];
  /** Its row in docs/security.md, with the default thresholds. */
  readonly documentation: { readonly trueWhen: string; readonly why: string };
  /** Null switches the rule off. */
  readonly limit: Limit | null;
  readonly distinct?: readonly Dimension[];
  /** Whether the rule looks at successes only, so that its window does not count for the failure baseline. */
  readonly ignoresFailures?: boolean;
  observe(occurrence: Occurrence): Observation | null;
  holds(figures: Figures, limit: Limit): boolean;
  /** The sentence for a person. */
  summary(figures: Figures, limit: Limit): string;
  /** What the alert shows beside what it shows by every rule; `last` is the occurrence that made it true last. */
  evidence?(figures: Figures, last: Occurrence): Readonly<Record<string, unknown>>;
}

/** The injection token of the rules over the trail. */
export const RULES = Symbol('portcullis.rules');

/** For rules that are true of a single event. */
export const ONCE: Limit = { count: 1, seconds: 1 };

/** An observation about the account that an entry names; nothing where it names none. */
export function ofUser({ entry: { userId } }: Occurrence): Observation | null {
  return userId === null ? null : { subject: `user:${userId}`, counts: true };
}

/** Reads the `count/seconds` form of a detection variable; `off` is null. */
export function parseLimit(text: string): Limit | null {
  const match = /^(\d+)\/(\d+)$/.exec(text);
  return match && { count: Number(match[1]), seconds: Number(match[2]) };
}
