import type { AlertKind, Evidence } from '../alerts/alert-kind.js';

/** Resolves an alert on the service's own state when no instance has seen its cause for the given time. */
export const QUIET_SECONDS = 30;

/** A state of this process or of what it depends on: true for as long as its cause lasts. */
export interface Condition extends AlertKind {
  readonly subject: string;
  /** Seconds for which it must be seen without a break before it is raised. */
  readonly forSeconds: number;
  /** What shows that it is true at this moment, or null. Called once a second. */
  check(): Evidence | null;
}

/** The injection token of all conditions. */
export const CONDITIONS = Symbol('portcullis.conditions');
