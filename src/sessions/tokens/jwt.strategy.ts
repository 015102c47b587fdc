import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import type { FastifyRequest } from 'fastify';
import type { KeyObject } from 'node:crypto';
import { callbackify } from 'node:util';
import { Strategy } from 'passport-jwt';
import { Environment } from '../../platform/config/environment.js';
import { principalFrom, type TokenHolder } from './access-token-claims.js';
import { clientTokenFrom } from './client-token-claims.js';
import { PresentedTokens } from './presented-tokens.js';
import { TokenKeys } from './token-keys.js';
import { TokenRefused } from './token-refused.js';

type KeyDone = (error: Error | null, key: KeyObject) => void;

/**
 * The only verifier of callers' access tokens: passport-jwt with the checks and keys of all tokens and an exact match of the
 * audience. The guard checks the times, because logout accepts expired tokens.
 */
@Injectable()
export class JwtStrategy extends PassportStrategy(Strategy) {
  constructor(environment: Environment, keys: TokenKeys, presented: PresentedTokens) {
    const keyOf = callbackify((token: string) => keys.of(token, 'at+jwt'));
    super({
      ...keys.checks,
      jwtFromRequest: (request: FastifyRequest) => presented.access(request),
      audience: environment.JWT_AUDIENCE,
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
