import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import type { FastifyRequest } from 'fastify';
import type { KeyObject } from 'node:crypto';
import { callbackify } from 'node:util';
import { Strategy } from 'passport-jwt';
import { Environment } from '../../platform/config/environment.js';
import { KeyRing } from '../keys/key-ring.js';
import { principalFrom, type TokenHolder } from './access-token-claims.js';
import { clientTokenFrom } from './client-token-claims.js';
import { readCompactJws } from './compact-jws.js';
import { PresentedTokens } from './presented-tokens.js';
import { TokenRefused } from './token-refused.js';

type KeyDone = (error: Error | null, key: KeyObject) => void;

/**
 * The only verifier of access tokens: passport-jwt with a pinned algorithm (RFC 8725 section 3.1), the key selected by
 * `kid`, and an exact match of issuer and audience. The guard checks the times, because logout accepts expired tokens.
 */
@Injectable()
export class JwtStrategy extends PassportStrategy(Strategy) {
  constructor(environment: Environment, keys: KeyRing, presented: PresentedTokens) {
    const keyOf = callbackify(async (token: string) => {
      const jws = readCompactJws(token, environment.JWT_ALGORITHM);
      if (!jws) throw new TokenRefused('malformed');
      const key = await keys.verifier(jws.kid);
      if (!key) throw new TokenRefused('unknown_key');
      return key;
    });
    super({
      jwtFromRequest: (request: FastifyRequest) => presented.access(request),
      algorithms: [environment.JWT_ALGORITHM],
      issuer: environment.JWT_ISSUER,
      audience: environment.JWT_AUDIENCE,
      ignoreExpiration: true,
      // The library passes the key on unchanged; only its types lack Node's KeyObject.
      secretOrKeyProvider: (_request: unknown, token: string, done: unknown) => {
        keyOf(token, done as KeyDone);
      },
    });
  }

  validate(claims: unknown): TokenHolder {
    const holder = principalFrom(claims) ?? clientTokenFrom(claims);
    if (!holder) throw new TokenRefused('wrong_claims');
    return holder;
  }
}
