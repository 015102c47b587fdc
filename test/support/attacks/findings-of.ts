import type { Finding } from '../../../src/monitoring/alerts/alert-kind.js';
import { DetectionRun, type Slot } from '../../../src/monitoring/detection/detection-run.js';
import type { Rule } from '../../../src/monitoring/rules/rule.js';
import type { Act } from './scenario.js';
import { trailOf } from './trail-of.js';

/** When the kit's scenarios begin. */
export const START = Date.UTC(2026, 10, 23, 9);

/** What rules find in a course of events, given what the service's logins were like before. */
export function findingsOf(
  rules: readonly Rule[],
  acts: readonly Act[],
  past: readonly Slot[] = [],
): Finding[] {
  return new DetectionRun(rules, past).judge(trailOf(acts, START), '').findings;
}
