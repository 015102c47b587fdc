import type { Environment } from '../../platform/config/environment.js';
import type { Places } from '../places/place.js';
import { bruteForce } from './brute-force.rule.js';
import { credentialStuffing } from './credential-stuffing.rule.js';
import { distributedGuessing } from './distributed-guessing.rule.js';
import { impossibleTravel } from './impossible-travel.rule.js';
import { loginAfterFailures } from './login-after-failures.rule.js';
import { loginFromNewDevice } from './login-from-new-device.rule.js';
import { passwordChanged } from './password-changed.rule.js';
import { passwordSpraying } from './password-spraying.rule.js';
import { privilegeGranted } from './privilege-granted.rule.js';
import { rateLimitStorm } from './rate-limit-storm.rule.js';
import { refreshTokenReuse } from './refresh-token-reuse.rule.js';
import type { Rule } from './rule.js';
import { tokenForgery } from './token-forgery.rule.js';

/** Every rule over the trail, with the thresholds of this installation, and the places that it knows, if it does. */
export function rulesOf(environment: Environment, places: Places | null = null): readonly Rule[] {
  return [
    bruteForce,
    distributedGuessing,
    credentialStuffing,
    passwordSpraying,
    refreshTokenReuse,
    tokenForgery,
    rateLimitStorm,
    loginFromNewDevice,
    loginAfterFailures,
    impossibleTravel,
    passwordChanged,
    privilegeGranted,
  ].map((rule) => rule(environment, places));
}
