import type { Environment } from '../../platform/config/environment.js';
import { type Condition, QUIET_SECONDS } from './condition.js';
import type { Dependencies } from './dependencies.js';
import type { TrailProgress } from './trail-progress.js';

/** Longer than one reading, so that the backlog after an outage raises no alert while it is being processed. */
const FOR_SECONDS = 5;

const STAGES = {
  sealing: { figure: 'unsealedSeconds', waits: 'An entry of the trail has been waiting to be sealed' },
  detection: {
    figure: 'detectionLagSeconds',
    waits: 'An event has been waiting to be evaluated by detection',
  },
} as const;

/**
 * True while sealing or detection lags although PostgreSQL is available: it has stopped, or a transaction left open
 * in the database prevents later entries from becoming final.
 */
export function trailLag(
  stage: keyof typeof STAGES,
  progress: Pick<TrailProgress, 'unsealedSeconds' | 'detectionLagSeconds'>,
  dependencies: Dependencies,
  environment: Environment,
): Condition {
  const { figure, waits } = STAGES[stage];
  return {
    name: 'audit_lag',
    severity: 'warning',
    quietSeconds: QUIET_SECONDS,
    subject: `audit:${stage}`,
    forSeconds: FOR_SECONDS,
    check() {
      const lagSeconds = progress[figure];
      const isOutage = dependencies.downForMs('postgresql') > 0;
      if (isOutage || lagSeconds < environment.DETECT_AUDIT_LAG_SECONDS) return null;
      return {
        summary: `${waits} for ${Math.round(lagSeconds)} s; check for a transaction left open.`,
        lagSeconds,
      };
    },
  };
}
