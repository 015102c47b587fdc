import type { AlertKind, Evidence } from '../alerts/alert-kind.js';

/** Time after which an alert on the service's own state resolves if no instance has observed its cause. */
export const QUIET_SECONDS = 30;

/** A state of this process or of one of its dependencies, true for as long as its cause lasts. */
export interface Condition extends AlertKind {
  readonly subject: string;
  /** Seconds for which it must be true without interruption before it is raised. */
  readonly forSeconds: number;
  /** Returns the evidence if the condition is true now, otherwise null. Called once a second. */
  check(): Evidence | null;
}

/** The injection token for all conditions. */
export const CONDITIONS = Symbol('portcullis.conditions');
