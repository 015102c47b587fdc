import { Injectable } from '@nestjs/common';
import type { KeyObject } from 'node:crypto';
import { Environment } from '../../platform/config/environment.js';
import { KeyRing } from '../keys/key-ring.js';
import { readAlteredKid, readCompactJws } from './compact-jws.js';
import { TokenRefused } from './token-refused.js';

/**
 * How every signed token of this service is verified. Whoever verifies checks the times, because logout accepts expired
 * tokens.
 */
export interface TokenChecks {
  readonly algorithms: [Environment['JWT_ALGORITHM']];
  readonly issuer: string;
  readonly ignoreExpiration: true;
}

/** Selects the keys that verify signed tokens. */
@Injectable()
export class TokenKeys {
  /** The pinned algorithm (RFC 8725 section 3.1), and an exact match of the issuer. */
  readonly checks: TokenChecks;

  constructor(
    private readonly keys: KeyRing,
    environment: Environment,
  ) {
    this.checks = {
      algorithms: [environment.JWT_ALGORITHM],
      issuer: environment.JWT_ISSUER,
      ignoreExpiration: true,
    };
  }

  /**
   * Returns the key of a token of a type, selected by `kid`. Throws `TokenRefused` for a token of another form or key. One that
   * names a key of this service under a header that the service never writes is forged.
   */
  async of(token: string, type: 'at+jwt' | 'assertion+jwt'): Promise<KeyObject> {
    const [algorithm] = this.checks.algorithms;
    const jws = readCompactJws(token, algorithm, type);
    if (!jws) {
      const altered = readAlteredKid(token, algorithm, type);
      throw new TokenRefused(altered !== null && this.keys.has(altered) ? 'bad_signature' : 'malformed');
    }
    const key = await this.keys.verifier(jws.kid);
    if (!key) throw new TokenRefused('unknown_key');
    return key;
  }
}
