import type { Condition } from './condition.js';

/** For how long a loss is shown, checks once a second: long enough to outlive a failed write of the alert. */
const SHOWN_CHECKS = 60;

/** Records that the service owed the trail are gone: the disk or the spool was full, or somebody took them out of the spool. */
export function auditRecordsLost(audit: { readonly lostRecords: number }): Condition {
  let known = 0;
  let checksLeft = 0;
  return {
    name: 'audit_records_lost',
    severity: 'critical',
    // What is lost stays lost: a person closes it.
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
        summary: `${lostRecords} audit records were lost: the disk or the spool had no room, or they were removed from the spool.`,
        lostRecords,
      };
    },
  };
}
