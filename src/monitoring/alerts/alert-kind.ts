import type { Severity } from './severity.js';

/** The properties shared by all alerts of one rule. */
export interface AlertKind {
  /** The rule's stable name, used as `rule` in the API and as the label in the metrics. */
  readonly name: string;
  readonly severity: Severity;
  /**
   * Seconds without a new occurrence after which the alert resolves automatically, so that a recurrence is announced
   * again. Null for facts that only a person can resolve.
   */
  readonly quietSeconds: number | null;
  /**
   * Whether each occurrence is announced, even while the alert is open or acknowledged. For events so rare that nobody
   * can flood the operators with them, and of which the next may be worse: an open alert would hide it, however old.
   */
  readonly announcesEach?: boolean;
  /** The mail sent to the account's owner for every occurrence; absent if only operators are notified. */
  readonly toOwner?: Readonly<Record<'en' | 'de', OwnerWords>>;
}

/** The text of a mail to the owner of an account. It requires no knowledge of the service. */
export interface OwnerWords {
  readonly subject: string;
  readonly sentence: string;
}

/** The injection token for the alert kinds of all rules. */
export const ALERT_KINDS = Symbol('portcullis.alert-kinds');

/** An attack is considered over after a day without a new occurrence. If it resumes, it is announced again. */
export const A_DAY_SECONDS = 86_400;

/** Data for judging an alert: digests, ids and network addresses, but never an account address as submitted. */
export interface Evidence {
  /** One sentence for the reader. */
  readonly summary: string;
  /** Keyed digests of the accounts concerned; the most recent ones only. */
  readonly accounts?: readonly string[];
  /** Client networks concerned; the most recent ones only. */
  readonly addresses?: readonly string[];
  /** Known users concerned; the most recent ones only. */
  readonly userIds?: readonly string[];
  readonly [figure: string]: unknown;
}

/** The result of a rule that was true of a subject, once or several times since its previous finding. */
export interface Finding {
  readonly kind: AlertKind;
  readonly subject: string;
  /** Number of occurrences; 0 if the cause merely persists. */
  readonly count: number;
  readonly firstSeenAt: Date;
  readonly lastSeenAt: Date;
  readonly evidence: Evidence;
  /**
   * All client networks involved since the previous finding, for responses. The evidence lists only the most recent
   * ones.
   */
  readonly addresses?: readonly string[];
  /** Set if the alert was announced before its row could be written. */
  readonly announced?: Announcement;
}

/** What was sent while PostgreSQL was unavailable, with the ids that the rows must use. */
interface Announcement {
  readonly deliveries: readonly {
    readonly id: string;
    readonly channel: string;
    readonly delivered: boolean;
  }[];
}
