/** The policies that the environment configures; a route can define more of its own. */
export type PolicyName =
  | 'default'
  | 'address'
  | 'login'
  | 'login-address'
  | 'register'
  | 'refresh'
  | 'mail'
  | 'mail-address'
  | 'key'
  | 'secret'
  | 'factor'
  | 'passkey'
  | 'gate';

/**
 * The parts of the keys that requests are counted by. An anonymous caller is identified by its address. A policy by session
 * or account does not apply to a request that names none, because it cannot be an attempt on one.
 */
export const KEY_PARTS = ['user', 'address', 'session', 'account', 'endpoint', 'key'] as const;

/** One of {@link KEY_PARTS}. */
export type KeyPart = (typeof KEY_PARTS)[number];

/** How many requests of one key are admitted in any window of `windowSeconds` seconds. */
export interface Policy {
  readonly name: string;
  readonly limit: number;
  readonly windowSeconds: number;
  /** Whether the limit is exact; otherwise any window may admit up to 2 % more. */
  readonly exact: boolean;
  readonly keys: readonly KeyPart[];
}

/**
 * Returns whether callers who have nothing else in common share the windows of a policy: it counts by the account alone, and
 * anyone can name an account.
 */
export function isSharedByStrangers({ keys }: Policy): boolean {
  return keys.includes('account') && !keys.some((part) => part !== 'account' && part !== 'endpoint');
}
