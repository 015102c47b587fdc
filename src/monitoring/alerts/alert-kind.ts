import type { Severity } from './severity.js';

/** What all alerts of one rule have in common. */
export interface AlertKind {
  /** The rule's stable name, a value of `rule` in the API and of the label in the metrics. */
  readonly name: string;
  readonly severity: Severity;
  /**
   * Seconds without a new occurrence after which the cause counts as over and the alert resolves automatically, so that
   * its return is announced again. Null for facts that only a person can close.
   */
  readonly quietSeconds: number | null;
  /** The mail sent to the account's owner for every occurrence; absent where only operators are notified. */
  readonly toOwner?: Readonly<Record<'en' | 'de', OwnerWords>>;
}

/** The words of a mail to the owner of an account, which need no knowledge of the service. */
export interface OwnerWords {
  readonly subject: string;
  readonly sentence: string;
}

/** The injection token of the kinds of all rules. */
export const ALERT_KINDS = Symbol('portcullis.alert-kinds');

/** An attack without a new occurrence for a day is over; if it resumes, it is announced again. */
export const A_DAY_SECONDS = 86_400;

/** What a person needs to judge an alert: digests, ids and addresses, never a submitted account address. */
export interface Evidence {
  /** One sentence for a person. */
  readonly summary: string;
  /** Keyed digests of the accounts concerned, the newest few. */
  readonly accounts?: readonly string[];
  /** Client networks concerned, the newest few. */
  readonly addresses?: readonly string[];
  /** Known accounts concerned, the newest few. */
  readonly userIds?: readonly string[];
  readonly [figure: string]: unknown;
}

/** That a rule is true of a subject, once or several times since it was last said. */
export interface Finding {
  readonly kind: AlertKind;
  readonly subject: string;
  /** Number of occurrences; 0 when the cause merely persists. */
  readonly count: number;
  readonly firstSeenAt: Date;
  readonly lastSeenAt: Date;
  readonly evidence: Evidence;
  /** Every client network behind it since it was last found, for responses; the evidence names people the newest few. */
  readonly addresses?: readonly string[];
  /** Set where the alert was made known already, before a row for it could be written. */
  readonly announced?: Announcement;
}

/** What was sent while PostgreSQL was away, under the ids that the rows are to have. */
interface Announcement {
  readonly deliveries: readonly {
    readonly id: string;
    readonly channel: string;
    readonly delivered: boolean;
  }[];
}
