import { deviceName } from '../../audit/activity/device-name.js';
import type { Origin } from '../../platform/http/origin.js';

/** When, from where and with what something was done, for a mail to the account's owner; empty where unknown. */
export function originFacts({ ip, userAgent }: Origin, at: Date) {
  return {
    time: at.toISOString(),
    address: ip ?? '',
    device: userAgent === null ? '' : (deviceName(userAgent) ?? ''),
  };
}
