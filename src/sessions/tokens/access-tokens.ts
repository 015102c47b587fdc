import { Injectable } from '@nestjs/common';
import type { Profile } from '../../platform/access/profile.js';
import { firstValidSecond, voidUntilOf } from '../../platform/access/void-until.js';
import { Environment } from '../../platform/config/environment.js';
import { UuidV7 } from '../../platform/crypto/uuid.js';
import { rolesAtLevel } from '../role-level.js';
import type { Session } from '../session.entity.js';
import { TokenSigner } from '../keys/token-signer.js';
import type { AccessTokenClaims } from './access-token-claims.js';

/** A signed access token and its expiry, which is never later than the end of its session. */
export interface MintedToken {
  readonly token: string;
  /** Seconds until it expires. */
  readonly expiresIn: number;
  readonly expiresAt: Date;
}

/** Issues access tokens (RFC 9068). */
@Injectable()
export class AccessTokens {
  constructor(
    private readonly signer: TokenSigner,
    private readonly environment: Environment,
    private readonly ids: UuidV7,
  ) {}

  /**
   * Signs a token whose time of issue is the time, on PostgreSQL's clock, at which the session was read. The token
   * expires no later than its session, and no later than the session's `tokensExpireAt`, which determines how long a
   * revocation of the session is listed.
   */
  async mint({ id: sub, roles }: Profile, session: Session, readAt: Date): Promise<MintedToken> {
    // Whoever verifies offline tells the tokens before a reduction from those after it by `iat` alone.
    const earliest = firstValidSecond(voidUntilOf(session.reducedAt));
    const iat = Math.max(Math.floor(readAt.getTime() / 1000), earliest);
    const lifetimeSeconds = this.environment.JWT_ACCESS_TOKEN_EXPIRE_MINUTES * 60;
    const ends = [session.expiresAt, session.tokensExpireAt ?? session.expiresAt];
    const exp = Math.min(iat + lifetimeSeconds, ...ends.map((end) => Math.floor(end.getTime() / 1000)));
    const claims: AccessTokenClaims = {
      iss: this.environment.JWT_ISSUER,
      aud: this.environment.JWT_AUDIENCE,
      sub,
      sid: session.id,
      jti: this.ids.next(),
      iat,
      exp,
      client_id: this.environment.JWT_AUDIENCE,
      roles: rolesAtLevel(roles, session.acr, this.environment.MFA_REQUIRED_ROLES),
      auth_time: Math.floor((session.authTime ?? session.createdAt).getTime() / 1000),
      acr: session.acr,
      amr: session.amr,
    };
    const token = await this.signer.sign('at+jwt', claims);
    return { token, expiresIn: exp - iat, expiresAt: new Date(exp * 1000) };
  }
}
