import type { Finding } from './alert-kind.js';
import type { Transition } from './alert-lifecycle.js';
import type { Alert } from './alert.entity.js';

/** What became of an alert through a finding. */
export interface AlertChange {
  readonly alert: Alert;
  readonly transition: Transition;
  readonly finding: Finding;
}
