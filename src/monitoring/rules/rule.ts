import type { AlertKind } from '../alerts/alert-kind.js';
import type { AuditEventType } from '../../audit/audit-vocabulary.js';
import type { Occurrence } from './occurrence.js';

/** A number of occurrences within a number of seconds. */
export interface Threshold {
  readonly count: number;
  readonly seconds: number;
}

/** The dimensions whose distinct values a window can count. */
export type Dimension = 'account' | 'address';

/** The effect of an occurrence on a rule. */
export interface Observation {
  /** The key of the window and the subject of the alert. */
  readonly subject: string;
  /** False for observations that only enter the ratio, such as a successful login. */
  readonly counts: boolean;
  /** The number of events that it represents; 1 by default. */
  readonly weight?: number;
  /** Data that the rule keeps in the window, in addition to what is kept for every rule. */
  readonly value?: unknown;
}

/** The current contents of a subject's window. */
export interface Figures {
  /** Observations that count. */
  readonly counted: number;
  /**
   * Observations that count, and of those that do not, such as successes, at most five of one account: whoever has an account
   * can add any number of successes, and must not be able to lower a ratio with them.
   */
  readonly seen: number;
  /** Distinct values among the observations that count, for the dimensions named by the rule. */
  readonly distinct: Readonly<Record<Dimension, number>>;
  /** Share of failures among the logins of the last 24 h before the longest window; 0 if there were none. */
  readonly usualFailureRatio: number;
  /** The values kept by the rule for the newest few hundred observations that have one, the oldest first. */
  readonly values: readonly unknown[];
}

/** Automatic responses to an alert, where the operator enables them for the rule. */
export type Response = 'block_address' | 'end_sessions';

/**
 * A pattern to detect in the trail. Rules are pure, so a test needs only a list of entries. Everything that belongs
 * to a rule is declared on it; a new rule is one file and one line in `rules.ts`.
 */
export interface Rule extends AlertKind {
  /** The types of events that it evaluates; {@link observe} receives no others. */
  readonly events: readonly AuditEventType[];
  /**
   * The responses that operators may enable. A rule that an outsider can trigger must not be able to end the victim's
   * sessions.
   */
  readonly responses?: readonly Response[];
  /**
   * For rules about failed logins: `block_address` blocks only addresses that entered at least two wrong passwords for the
   * subject, for at least this number of accounts, and that within the time of the rule failed for more accounts than they signed
   * in to, whatever the subject. Accounts that they signed in to do not count as guessed, and a login to a single other account
   * exempts no address. Other addresses failed by mistake, or were refused with the right password because somebody else had
   * guessed.
   */
  readonly blockedForAccounts?: number;
  /**
   * Its row in docs/security.md, with the default thresholds. Failed logins in `trueWhen` include refused ones, with the two
   * exceptions of `LoginAttempts`, which the text before the table names.
   */
  readonly documentation: { readonly trueWhen: string; readonly why: string };
  /** Null switches the rule off. */
  readonly limit: Threshold | null;
  readonly distinct?: readonly Dimension[];
  /** Whether the rule evaluates successes only, in which case its window does not matter for the failure baseline. */
  readonly ignoresFailures?: boolean;
  observe(occurrence: Occurrence): Observation | null;
  holds(figures: Figures, limit: Threshold): boolean;
  /** Returns the alert's sentence for readers. */
  summary(figures: Figures, limit: Threshold): string;
  /** Returns evidence in addition to that of every rule; `last` is the occurrence that last made the rule true. */
  evidence?(figures: Figures, last: Occurrence): Readonly<Record<string, unknown>>;
}

/** The injection token for the rules over the trail. */
export const RULES = Symbol('portcullis.rules');

/** The limit of rules that a single event makes true. */
export const ONCE: Threshold = { count: 1, seconds: 1 };

/** Returns an observation about the user named by an entry, or null if it names none. */
export function ofUser({ entry: { userId } }: Occurrence): Observation | null {
  return userId === null ? null : { subject: `user:${userId}`, counts: true };
}

/** Parses the `count/seconds` value of a detection variable; null for `off`. */
export function parseLimit(text: string): Threshold | null {
  const match = /^(\d+)\/(\d+)$/.exec(text);
  return match && { count: Number(match[1]), seconds: Number(match[2]) };
}
