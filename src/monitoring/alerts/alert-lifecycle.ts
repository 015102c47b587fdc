import type { Finding } from './alert-kind.js';
import { Alert } from './alert.entity.js';
import { isMoreSevere } from './severity.js';

/** What a finding did to its alert. All transitions except `counted` are announced. */
export type Transition = 'opened' | 'reopened' | 'risen' | 'recurred' | 'counted';

/** The largest value of PostgreSQL's integer type. Counts do not increase beyond it. */
const MAX_COUNT = 2_147_483_647;

/** Returns a new alert for the first finding about a subject. */
export function open(id: string, finding: Finding): Alert {
  return Object.assign(new Alert(), {
    id,
    rule: finding.kind.name,
    severity: finding.kind.severity,
    subject: finding.subject,
    state: 'open',
    count: Math.min(MAX_COUNT, Math.max(1, finding.count)),
    firstSeenAt: finding.firstSeenAt,
    lastSeenAt: finding.lastSeenAt,
    evidence: finding.evidence,
    acknowledgedBy: null,
    resolvedBy: null,
  } satisfies Alert);
}

/**
 * Applies a finding to the alert of its subject. A resolved alert reopens, and so does an erased one, which gets its
 * subject back. An acknowledged alert is open again if it becomes more severe, or if its kind announces each occurrence,
 * because the acknowledgement did not cover the higher severity or the new occurrence.
 */
export function apply(alert: Alert, finding: Finding): Transition {
  const reopens = alert.state === 'resolved' || alert.subject !== finding.subject;
  const rises = isMoreSevere(finding.kind.severity, alert.severity);
  const recurs = finding.kind.announcesEach === true && finding.count > 0;
  alert.count = Math.min(MAX_COUNT, alert.count + (reopens ? Math.max(1, finding.count) : finding.count));
  if (finding.lastSeenAt > alert.lastSeenAt) alert.lastSeenAt = finding.lastSeenAt;
  alert.subject = finding.subject;
  alert.evidence = finding.evidence;
  if (!reopens && !rises && !recurs) return 'counted';
  alert.severity = finding.kind.severity;
  alert.state = 'open';
  alert.acknowledgedBy = null;
  alert.resolvedBy = null;
  if (reopens) return 'reopened';
  return rises ? 'risen' : 'recurred';
}

/** Acknowledges an open alert. Returns false if it was not open. */
export function acknowledge(alert: Alert, by: string): boolean {
  if (alert.state !== 'open') return false;
  alert.state = 'acknowledged';
  alert.acknowledgedBy = by;
  return true;
}

/** Resolves an alert. Returns false if it was already resolved. */
export function resolve(alert: Alert, by: string): boolean {
  if (alert.state === 'resolved') return false;
  alert.state = 'resolved';
  alert.resolvedBy = by;
  return true;
}
