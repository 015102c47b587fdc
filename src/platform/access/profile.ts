import type { Locale } from './locale.js';
import type { Role } from './principal.js';

/** An account as shown to its owner; returned by `GET /users/me` and cached in Redis. */
export interface Profile {
  readonly id: string;
  readonly email: string;
  readonly displayName: string | null;
  readonly roles: readonly Role[];
  /** The language of mails to the account. */
  readonly locale: Locale;
  readonly emailVerified: boolean;
  /** RFC 3339, UTC. */
  readonly createdAt: string;
  /** RFC 3339, UTC; increases with every change, so that a newer copy can be told from an older one. */
  readonly updatedAt: string;
}
