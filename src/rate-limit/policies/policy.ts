/** The policies that the environment configures; a route may have more of its own. */
export type PolicyName = 'default' | 'address' | 'login' | 'login-address' | 'register' | 'refresh';

/**
 * What tells one caller's budget from another's. An anonymous caller is its address; a policy by session or account
 * does not hold a request that names none, which cannot be an attempt on one.
 */
export type KeyPart = 'user' | 'address' | 'session' | 'account' | 'endpoint';

/** How many requests of one key may pass in any window of so many seconds. */
export interface Policy {
  readonly name: string;
  readonly limit: number;
  readonly windowSeconds: number;
  /** Whether the limit is met exactly, or by at most 2 % over in any true window. */
  readonly exact: boolean;
  readonly keys: readonly KeyPart[];
}
