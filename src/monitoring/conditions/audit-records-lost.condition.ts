import type { Condition } from './condition.js';

/** How many checks, one per second, report a loss; enough to outlast a failed attempt to write the alert. */
const SHOWN_CHECKS = 60;

/** True after audit records were lost because the disk or the spool was full, or were removed from the spool. */
export function auditRecordsLost(audit: { readonly lostRecords: number }): Condition {
  let known = 0;
  let checksLeft = 0;
  return {
    name: 'audit_records_lost',
    severity: 'critical',
    // Lost records cannot be recovered, so only a person can close the alert.
    quietSeconds: null,
    subject: 'service',
    forSeconds: 0,
    check() {
      const { lostRecords } = audit;
      if (lostRecords > known) checksLeft = SHOWN_CHECKS;
      known = lostRecords;
      if (checksLeft === 0) return null;
      checksLeft -= 1;
      return {
        summary: `${lostRecords} audit records were lost because the disk or the spool was full, or were removed from the spool.`,
        lostRecords,
      };
    },
  };
}
