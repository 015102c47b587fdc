import { ConfigurationFault } from '../../platform/config/configuration-fault.js';
import type { Environment } from '../../platform/config/environment.js';
import type { Places } from '../places/place.js';
import { bruteForce } from './brute-force.rule.js';
import { credentialStuffing } from './credential-stuffing.rule.js';
import { distributedGuessing } from './distributed-guessing.rule.js';
import { factorGuessing } from './factor-guessing.rule.js';
import { factorRemoved } from './factor-removed.rule.js';
import { forgedSigningKey } from './forged-signing-key.rule.js';
import { gatewayUnknownRule } from './gateway-unknown-rule.rule.js';
import { impossibleTravel } from './impossible-travel.rule.js';
import { keyAbuse } from './key-abuse.rule.js';
import { loginAfterFailures } from './login-after-failures.rule.js';
import { loginFromNewDevice } from './login-from-new-device.rule.js';
import { passkeyCloned } from './passkey-cloned.rule.js';
import { passwordSpraying } from './password-spraying.rule.js';
import { privilegeGranted } from './privilege-granted.rule.js';
import { secretsExported } from './secrets-exported.rule.js';
import { rateLimitStorm } from './rate-limit-storm.rule.js';
import { recoveryStarted } from './recovery-started.rule.js';
import { refreshTokenReuse } from './refresh-token-reuse.rule.js';
import type { Response, Rule } from './rule.js';
import { tokenForgery } from './token-forgery.rule.js';

/** Creates a rule with the thresholds of an installation and its database of places, if it has one. */
export type RuleFactory = (environment: Environment, places: Places | null) => Rule;

/** The list of all rules over the trail. */
const FACTORIES: readonly RuleFactory[] = [
  bruteForce,
  distributedGuessing,
  credentialStuffing,
  passwordSpraying,
  refreshTokenReuse,
  tokenForgery,
  keyAbuse,
  forgedSigningKey,
  rateLimitStorm,
  loginFromNewDevice,
  loginAfterFailures,
  impossibleTravel,
  privilegeGranted,
  factorGuessing,
  factorRemoved,
  recoveryStarted,
  passkeyCloned,
  gatewayUnknownRule,
  secretsExported,
];

/**
 * Creates the rules of an installation. Throws a {@link ConfigurationFault} if a response is enabled for a rule that
 * does not allow it.
 */
export function rulesOf(
  environment: Environment,
  places: Places | null = null,
  factories: readonly RuleFactory[] = FACTORIES,
): readonly Rule[] {
  const rules = factories.map((factory) => factory(environment, places));
  const faults = [
    ...responseFaults(rules, 'block_address', 'RESPOND_BLOCK_ADDRESS', environment),
    ...responseFaults(rules, 'end_sessions', 'RESPOND_END_SESSIONS', environment),
  ];
  if (faults.length > 0) throw new ConfigurationFault(faults);
  return rules;
}

function responseFaults(
  rules: readonly Rule[],
  response: Response,
  variable: 'RESPOND_BLOCK_ADDRESS' | 'RESPOND_END_SESSIONS',
  environment: Environment,
): string[] {
  const allowed = rules.filter(({ responses }) => responses?.includes(response)).map(({ name }) => name);
  if (environment[variable].every((name) => allowed.includes(name))) return [];
  return [`${variable} must be a comma-separated list of rules among ${allowed.join(', ')}`];
}
