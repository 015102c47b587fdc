import type { Finding } from './alert-kind.js';
import type { Transition } from './alert-lifecycle.js';
import type { Alert } from './alert.entity.js';

/** The effect of a finding on an alert. */
export interface AlertChange {
  readonly alert: Alert;
  readonly transition: Transition;
  readonly finding: Finding;
}
