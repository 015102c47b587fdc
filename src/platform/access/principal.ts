/** Every role that an account can have; tokens, the operator's commands and the document go by this list. */
export const ROLES = ['user', 'auditor', 'admin'] as const;

/** `user` is everybody, `auditor` reads the trail and sees to alerts, `admin` may what an auditor may. */
export type Role = (typeof ROLES)[number];

/** Who a verified access token speaks for. */
export interface Principal {
  readonly userId: string;
  readonly sessionId: string;
  readonly roles: readonly Role[];
  /** The access token's `jti`. */
  readonly tokenId: string;
  /** Unix seconds at which the access token was made. */
  readonly issuedAt: number;
  /** Unix seconds at which the access token expires. */
  readonly expiresAt: number;
}
