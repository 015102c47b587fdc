import type { Finding } from '../../../src/monitoring/alerts/alert-kind.js';
import { DetectionRun, type Slot } from '../../../src/monitoring/detection/detection-run.js';
import type { Rule } from '../../../src/monitoring/rules/rule.js';
import { ManualClock } from '../time/manual-clock.js';
import type { Act } from './scenario.js';
import { trailOf } from './trail-of.js';

/** The time at which the scenarios of the kit begin. */
export const START = Date.UTC(2026, 10, 23, 9);

/** A clock that shows a time after all of them. */
export const LATER = new ManualClock(START + 365 * 86_400_000);

/** Returns the findings of the rules in a sequence of events, given the earlier logins of the service. */
export function findingsOf(
  rules: readonly Rule[],
  acts: readonly Act[],
  past: readonly Slot[] = [],
): Finding[] {
  return new DetectionRun(rules, past, LATER).judge(trailOf(acts, START), '').findings;
}
