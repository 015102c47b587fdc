import type { Environment } from '../../platform/config/environment.js';
import { A_DAY_SECONDS } from '../alerts/alert-kind.js';
import { type Rule, ONCE, ofUser } from './rule.js';

/** A long series of wrong passwords ended in a right one: the owner remembered, or somebody guessed (ASVS 6.3.5). */
export function loginAfterFailures(environment: Environment): Rule {
  const least = environment.DETECT_LOGIN_AFTER_FAILURES;
  return {
    name: 'login_after_failures',
    severity: 'info',
    quietSeconds: A_DAY_SECONDS,
    tellsOwner: true,
    limit: ONCE,
    observe(occurrence) {
      const { entry } = occurrence;
      const found = entry.type === 'authn_login_successafterfail' && Number(entry.details?.failures) >= least;
      return found ? ofUser(occurrence) : null;
    },
    holds: () => true,
    summary: () => `A login succeeded after at least ${least} failures in a row.`,
  };
}
