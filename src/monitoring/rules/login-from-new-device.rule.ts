import { deviceName } from '../../audit/activity/device-name.js';
import { A_DAY_SECONDS } from '../alerts/alert-kind.js';
import { type Rule, ONCE, ofUser } from './rule.js';

/**
 * A device without its token signed in to an account that had been used before. Only the owner knows whether this was
 * legitimate.
 */
export function loginFromNewDevice(): Rule {
  return {
    name: 'login_from_new_device',
    severity: 'info',
    quietSeconds: A_DAY_SECONDS,
    events: ['authn_login_success'],
    responses: ['end_sessions'],
    documentation: {
      trueWhen: "first login of a known account without the device's token",
      why: 'only the owner knows whether it was them; the service notifies them by mail each time',
    },
    limit: ONCE,
    observe(occurrence) {
      const { knownDevice, firstLogin } = occurrence.entry.details ?? {};
      return knownDevice === false && firstLogin === false ? ofUser(occurrence) : null;
    },
    holds: () => true,
    evidence: (_, { entry }) => ({ device: deviceName(entry.userAgent ?? '') }),
    summary: () => 'A new device signed in to an account that had been in use before.',
  };
}
