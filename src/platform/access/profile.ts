import type { Role } from './principal.js';

/** An account as its owner sees it; what `GET /users/me` answers, and what the short-lived copies in Redis carry. */
export interface Profile {
  readonly id: string;
  readonly email: string;
  readonly displayName: string | null;
  readonly roles: readonly Role[];
  readonly emailVerified: boolean;
  /** RFC 3339, UTC. */
  readonly createdAt: string;
  /** RFC 3339, UTC; grows with every change, so that a newer copy is told from an older one. */
  readonly updatedAt: string;
}
