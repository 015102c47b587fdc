import type { Environment } from '../../platform/config/environment.js';
import { type Condition, QUIET_SECONDS } from './condition.js';
import type { Dependencies, Dependency } from './dependencies.js';

/**
 * True while a dependency is down. Without PostgreSQL no changes are possible; without Redis each process limits
 * rates by itself.
 */
export function dependencyDown(
  name: Dependency['name'],
  dependencies: Dependencies,
  environment: Environment,
): Condition {
  const leastMs = environment.DETECT_DEPENDENCY_DOWN_SECONDS * 1000;
  return {
    name: 'dependency_down',
    severity: name === 'postgresql' ? 'critical' : 'warning',
    quietSeconds: QUIET_SECONDS,
    subject: `dependency:${name}`,
    forSeconds: 0,
    check() {
      const downForMs = dependencies.downForMs(name);
      if (downForMs < leastMs) return null;
      return {
        summary: `${name} has been unavailable for ${Math.round(downForMs / 1000)} s.`,
        dependency: name,
      };
    },
  };
}
