import { Injectable } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import { Environment } from '../../platform/config/environment.js';
import { principalFrom, type TokenHolder } from './access-token-claims.js';
import { type Assertion, assertionFrom } from './assertion-claims.js';
import { clientTokenFrom } from './client-token-claims.js';
import { TokenKeys } from './token-keys.js';
import { TokenRefused } from './token-refused.js';
import { VerifiedTokens } from './verified-tokens.js';

/**
 * Verifies signed tokens that somebody asks about, by the same checks and keys as those of callers. The times are not
 * checked, and neither is whether the session or the key of a token still lives.
 */
@Injectable()
export class TokenInspection {
  constructor(
    private readonly jwt: JwtService,
    private readonly keys: TokenKeys,
    private readonly verified: VerifiedTokens,
    private readonly environment: Environment,
  ) {}

  /** Returns whose access token it is; null if it is none of ours. */
  async holderOf(token: string): Promise<TokenHolder | null> {
    const known = this.verified.get(token);
    if (known) return known;
    const claims = await this.claimsOf(token, 'at+jwt', { audience: this.environment.JWT_AUDIENCE });
    const holder = principalFrom(claims) ?? clientTokenFrom(claims);
    if (holder) this.verified.add(token, holder);
    return holder;
  }

  /** Returns what an assertion of the gateway says; null if it is none of ours. */
  async assertionOf(token: string): Promise<Assertion | null> {
    return assertionFrom(await this.claimsOf(token, 'assertion+jwt', {}));
  }

  private async claimsOf(
    token: string,
    type: 'at+jwt' | 'assertion+jwt',
    options: { readonly audience?: string },
  ): Promise<unknown> {
    try {
      // The library passes the key on unchanged; only its types lack Node's KeyObject.
      const publicKey = (await this.keys.of(token, type)) as unknown as Buffer;
      return await this.jwt.verifyAsync<object>(token, { ...this.keys.checks, ...options, publicKey });
    } catch (error) {
      // Anything but a fault of the token is thrown on.
      TokenRefused.faultOf(error);
      return null;
    }
  }
}
