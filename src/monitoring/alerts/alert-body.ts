import type { Evidence } from './alert-kind.js';
import type { Alert, AlertState } from './alert.entity.js';
import type { Severity } from './severity.js';

/** The public form of an alert, used by both the API and the webhook. Times are RFC 3339 in UTC. */
export interface AlertBody {
  readonly id: string;
  readonly rule: string;
  readonly severity: Severity;
  readonly subject: string;
  readonly state: AlertState;
  readonly count: number;
  readonly firstSeenAt: string;
  readonly lastSeenAt: string;
  readonly evidence: Evidence;
  readonly acknowledgedBy: string | null;
  readonly resolvedBy: string | null;
}

/** Returns the public form of an alert. A new column of the table stays private until it is added here. */
export function alertBody(alert: Alert): AlertBody {
  return {
    id: alert.id,
    rule: alert.rule,
    severity: alert.severity,
    subject: alert.subject,
    state: alert.state,
    count: alert.count,
    firstSeenAt: alert.firstSeenAt.toISOString(),
    lastSeenAt: alert.lastSeenAt.toISOString(),
    evidence: alert.evidence,
    acknowledgedBy: alert.acknowledgedBy,
    resolvedBy: alert.resolvedBy,
  };
}
