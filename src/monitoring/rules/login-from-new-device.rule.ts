import { A_DAY_SECONDS } from '../alerts/alert-kind.js';
import { type Rule, ONCE, ofUser } from './rule.js';

/** An account that is in use was entered from a device that does not hold its token; the owner knows whether by them. */
export function loginFromNewDevice(): Rule {
  return {
    name: 'login_from_new_device',
    severity: 'info',
    quietSeconds: A_DAY_SECONDS,
    tellsOwner: true,
    limit: ONCE,
    observe(occurrence) {
      const { entry } = occurrence;
      const { knownDevice, firstLogin } = entry.details ?? {};
      if (entry.type !== 'authn_login_success' || knownDevice !== false || firstLogin !== false) return null;
      return ofUser(occurrence);
    },
    holds: () => true,
    summary: () => 'A new device signed in to an account that had been in use before.',
  };
}
