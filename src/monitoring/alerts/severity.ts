/** Severities in ascending order. */
export const SEVERITIES = ['info', 'warning', 'critical'] as const;

/** How urgent an alert is. Only an increase is announced again. */
export type Severity = (typeof SEVERITIES)[number];

/** Whether `a` is more urgent than `b`. */
export function isMoreSevere(a: Severity, b: Severity): boolean {
  return SEVERITIES.indexOf(a) > SEVERITIES.indexOf(b);
}

/** Sorts the most severe first. */
export function mostSevereFirst(a: { severity: Severity }, b: { severity: Severity }): number {
  return SEVERITIES.indexOf(b.severity) - SEVERITIES.indexOf(a.severity);
}
