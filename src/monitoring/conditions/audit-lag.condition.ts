import type { Environment } from '../../platform/config/environment.js';
import { type Condition, QUIET_SECONDS } from './condition.js';
import type { Dependencies } from './dependencies.js';

/**
 * True while records wait on disk although PostgreSQL is available. If it is not, `dependency_down` is raised
 * instead.
 */
export function auditLag(
  audit: { readonly lagSeconds: number; readonly spoolBytes: number },
  dependencies: Dependencies,
  environment: Environment,
): Condition {
  return {
    name: 'audit_lag',
    severity: 'warning',
    quietSeconds: QUIET_SECONDS,
    subject: 'service',
    forSeconds: 0,
    check() {
      const { lagSeconds, spoolBytes } = audit;
      const isOutage = dependencies.downForMs('postgresql') > 0;
      if (isOutage || lagSeconds < environment.DETECT_AUDIT_LAG_SECONDS) return null;
      return {
        summary: `Audit records have been waiting for ${Math.round(lagSeconds)} s to be written to PostgreSQL.`,
        lagSeconds,
        spoolBytes,
      };
    },
  };
}
