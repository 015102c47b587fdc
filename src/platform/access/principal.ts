export const ROLES = ['user', 'auditor', 'admin'] as const;

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
