import { Injectable } from '@nestjs/common';
import { firstValidSecond, voidUntilOf } from '../../../platform/access/void-until.js';
import { Environment } from '../../../platform/config/environment.js';
import { UuidV7 } from '../../../platform/crypto/uuid.js';
import { TokenSigner } from '../../../sessions/keys/token-signer.js';
import { KEY_TOKEN_LIFE_SECONDS } from '../../../sessions/revocation-list/revocation-list-writer.js';
import type { ClientTokenClaims } from '../../../sessions/tokens/client-token-claims.js';
import type { IssuingKey } from '../../keys/api-keys.repository.js';

/** Makes the access tokens of service accounts (RFC 9068). */
@Injectable()
export class ClientTokenMint {
  constructor(
    private readonly environment: Environment,
    private readonly ids: UuidV7,
    private readonly signer: TokenSigner,
  ) {}

  /**
   * Returns the claims of a token that lives for at most 15 minutes, as long as a token of a session, and no longer than its
   * key. They are of a later second than the last reduction of the key, because only that tells it from the void ones.
   */
  claims(clientId: string, { key, time }: IssuingKey, scopes: readonly string[]): ClientTokenClaims {
    const iat = Math.max(secondsOf(time), firstValidSecond(voidUntilOf(key.reducedAt)));
    const life = Math.min(KEY_TOKEN_LIFE_SECONDS, this.environment.JWT_ACCESS_TOKEN_EXPIRE_MINUTES * 60);
    return {
      iss: this.environment.JWT_ISSUER,
      aud: this.environment.JWT_AUDIENCE,
      sub: clientId,
      client_id: clientId,
      key: key.id,
      scope: scopes.join(' '),
      jti: this.ids.next(),
      iat,
      exp: Math.min(secondsOf(time) + life, secondsOf(key.expiresAt)),
    };
  }

  async sign(claims: ClientTokenClaims): Promise<string> {
    return this.signer.sign('at+jwt', claims);
  }
}

const secondsOf = (time: Date) => Math.floor(time.getTime() / 1000);
