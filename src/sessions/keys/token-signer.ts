import { Injectable } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import { Environment } from '../../platform/config/environment.js';
import { KeyRing } from './key-ring.js';

/** Signs the tokens of this service. */
@Injectable()
export class TokenSigner {
  constructor(
    private readonly jwt: JwtService,
    private readonly keys: KeyRing,
    private readonly environment: Environment,
  ) {}

  /**
   * Signs claims with the present key, as a token of an explicit type (RFC 8725 section 3.11). Synchronous on purpose: one RSA
   * 3072 signature takes 2 ms here, but in libuv's thread pool it would wait for every queued password hash.
   */
  sign(typ: string, claims: object): string {
    const { kid, key } = this.keys.signer();
    const algorithm = this.environment.JWT_ALGORITHM;
    return this.jwt.sign(claims, { privateKey: key, algorithm, header: { alg: algorithm, typ, kid } });
  }
}
