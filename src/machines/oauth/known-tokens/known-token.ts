import type { Role } from '../../../platform/access/principal.js';
import type { KeyOwner } from '../../keys/key-owner.js';

/** A token of this service that is accepted at present. */
export interface KnownToken {
  readonly kind: 'key' | 'client-token' | 'session-token' | 'refresh-token' | 'assertion';
  readonly owner: KeyOwner;
  /** Null unless it is of a session. */
  readonly sessionId: string | null;
  /** The API key that it is, or that got it; null if it is of a session. */
  readonly keyId: string | null;
  /** Its `jti`; of an API key, the id; null for a refresh token. */
  readonly tokenId: string | null;
  /** The audience of an assertion; null for all others, which are meant for that of the service. */
  readonly audience: string | null;
  /** The OAuth client that it was issued to; null if there is none. */
  readonly clientId: string | null;
  /** Null for people, who have roles instead. */
  readonly scopes: readonly string[] | null;
  /** The present roles of the person whose key it is, or got it; null for any other token. */
  readonly ownerRoles: readonly Role[] | null;
  /** Unix seconds; null if it is not known. */
  readonly issuedAt: number | null;
  /** Unix seconds; null if it is not known. */
  readonly expiresAt: number | null;
}

/** What is needed of a token to end it. */
export type EndableToken = Pick<
  KnownToken,
  'kind' | 'owner' | 'sessionId' | 'keyId' | 'tokenId' | 'issuedAt'
>;
