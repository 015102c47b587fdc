import type { AuditService } from '../../audit/audit.service.js';
import type { PasswordHasher } from '../../auth/credentials/passwords/password-hasher.js';
import type { Environment } from '../../platform/config/environment.js';
import { auditLag } from './audit-lag.condition.js';
import { auditRecordsLost } from './audit-records-lost.condition.js';
import type { CallWatch } from './call-watch.js';
import type { Condition } from './condition.js';
import type { Dependencies } from './dependencies.js';
import { dependencyDown } from './dependency-down.condition.js';
import { errorRate } from './error-rate.condition.js';
import { eventLoopDelay } from './event-loop-delay.condition.js';
import { hashQueueSaturated } from './hash-queue-saturated.condition.js';
import { latency } from './latency.condition.js';
import { trailLag } from './trail-lag.condition.js';
import type { TrailProgress } from './trail-progress.js';

/** Creates every condition of this process with the thresholds of this installation. */
export function conditionsOf(
  environment: Environment,
  dependencies: Dependencies,
  calls: CallWatch,
  hasher: PasswordHasher,
  audit: AuditService,
  progress: TrailProgress,
): readonly Condition[] {
  return [
    dependencyDown('postgresql', dependencies, environment),
    dependencyDown('redis', dependencies, environment),
    errorRate(calls, environment),
    latency(calls, environment),
    eventLoopDelay(environment),
    hashQueueSaturated(hasher, environment),
    auditLag(audit, dependencies, environment),
    auditRecordsLost(audit),
    trailLag('sealing', progress, dependencies, environment),
    trailLag('detection', progress, dependencies, environment),
  ];
}
