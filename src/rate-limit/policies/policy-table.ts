import { Injectable } from '@nestjs/common';
import { Environment } from '../../platform/config/environment.js';
import type { KeyPart, Policy, PolicyName } from './policy.js';

type Configured = Omit<Policy, 'limit' | 'windowSeconds'> & { readonly name: PolicyName };

/** The fixed part of each policy: authentication is limited exactly, everything else within 2 %. */
const DEFINITIONS = {
  RATE_LIMIT_DEFAULT: { name: 'default', exact: false, keys: ['user', 'endpoint'] },
  RATE_LIMIT_ADDRESS: { name: 'address', exact: false, keys: ['address'] },
  RATE_LIMIT_KEY: { name: 'key', exact: false, keys: ['key'] },
  RATE_LIMIT_LOGIN: { name: 'login', exact: true, keys: ['address', 'account'] },
  RATE_LIMIT_LOGIN_ADDRESS: { name: 'login-address', exact: true, keys: ['address'] },
  RATE_LIMIT_REGISTER: { name: 'register', exact: true, keys: ['address'] },
  RATE_LIMIT_REFRESH: { name: 'refresh', exact: true, keys: ['session'] },
  RATE_LIMIT_MAIL: { name: 'mail', exact: true, keys: ['account', 'endpoint'] },
  RATE_LIMIT_MAIL_ADDRESS: { name: 'mail-address', exact: true, keys: ['address'] },
  RATE_LIMIT_SECRET: { name: 'secret', exact: true, keys: ['address'] },
  RATE_LIMIT_FACTOR: { name: 'factor', exact: true, keys: ['account'] },
  RATE_LIMIT_PASSKEY: { name: 'passkey', exact: true, keys: ['address'] },
  RATE_LIMIT_GATE: { name: 'gate', exact: false, keys: ['address'] },
} as const satisfies Partial<Record<keyof Environment, Configured>>;

/** The policies in force: those of the environment that are not `off`. */
@Injectable()
export class PolicyTable {
  readonly policies: readonly Policy[];
  private readonly off = new Set<string>();

  constructor(environment: Environment) {
    this.policies = Object.entries(DEFINITIONS).flatMap(([variable, definition]) => {
      const configured = environment[variable as keyof typeof DEFINITIONS];
      if (configured === 'off') {
        this.off.add(definition.name);
        return [];
      }
      const [limit, windowSeconds] = configured.split('/').map(Number);
      return [{ ...definition, limit: limit!, windowSeconds: windowSeconds! }];
    });
  }

  /** Returns whether the operator has switched a policy off. */
  isOff(name: string): boolean {
    return this.off.has(name);
  }

  /** Returns the key parts of a policy, whether it is in force or off. */
  keysOf(name: PolicyName): readonly KeyPart[] {
    return Object.values(DEFINITIONS).find((definition) => definition.name === name)?.keys ?? [];
  }

  /** Returns the configured policy of this name; undefined when it is off or unknown. */
  find(name: string): Policy | undefined {
    return this.policies.find((policy) => policy.name === name);
  }
}
