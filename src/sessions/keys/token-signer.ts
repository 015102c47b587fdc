import { Injectable } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import { Environment } from '../../platform/config/environment.js';
import { KeyRing } from './key-ring.js';
import { SigningThreads } from './signing-threads.js';

/** Signs the tokens of this service. */
@Injectable()
export class TokenSigner {
  constructor(
    private readonly jwt: JwtService,
    private readonly keys: KeyRing,
    private readonly threads: SigningThreads,
    private readonly environment: Environment,
  ) {}

  /**
   * Signs claims with the present key, as a token of an explicit type (RFC 8725 section 3.11). The main thread signs with
   * ES256, which takes less time than handing it over, and with RS256 while no other thread is ready.
   */
  async sign(typ: string, claims: object): Promise<string> {
    const { kid, key } = this.keys.signer();
    const algorithm = this.environment.JWT_ALGORITHM;
    const header = { alg: algorithm, typ, kid };
    if (algorithm === 'RS256') {
      const input = `${encoded(header)}.${encoded(claims)}`;
      const signature = await this.threads.sign(input, key);
      if (signature !== null) return `${input}.${signature}`;
    }
    return this.jwt.sign(claims, { privateKey: key, algorithm, header });
  }
}

const encoded = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
