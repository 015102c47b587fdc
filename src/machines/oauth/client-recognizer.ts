import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { type MachinePrincipal, usedKeyOf } from '../../platform/access/principal.js';
import { isVoid } from '../../platform/access/void-until.js';
import { isProblem, Problem } from '../../platform/errors/problem.js';
import type { Origin } from '../../platform/http/origin.js';
import { contextOf } from '../../platform/http/request-context.js';
import type { ClientToken } from '../../sessions/tokens/client-token-claims.js';
import { type ClientRecognition, Clients } from '../../sessions/tokens/clients.js';
import { TokenRefused } from '../../sessions/tokens/token-refused.js';
import { beginsLikeKey } from '../keys/key-format.js';
import { KeyReader, refusalOf } from '../keys/key-reader.js';
import { KeyUse } from '../keys/key-use.js';
import { ApiKeyCache } from '../keys/api-key-cache.js';
import { credentialsIn } from './client-credentials.js';
import { OAuthErrors } from './oauth.errors.js';

/** Recognises service accounts by an id and a key, and by the access tokens that they got for a key. */
@Injectable()
export class ClientRecognizer implements ClientRecognition, OnModuleInit {
  constructor(
    private readonly clients: Clients,
    private readonly keys: KeyReader,
    private readonly cache: ApiKeyCache,
    private readonly use: KeyUse,
  ) {}

  onModuleInit(): void {
    this.clients.register(this);
  }

  /** A request whose credentials cannot be read is refused later, after the rate limits have counted it. */
  async byCredentials(request: FastifyRequest): Promise<MachinePrincipal | null> {
    const context = contextOf(request);
    try {
      // RFC 6749 section 2.3.1: secrets in URLs would be logged on their way.
      if (request.url.includes('?'))
        throw new Problem(OAuthErrors.invalid_request, { detail: 'Parameters must be sent in the body.' });
      const credentials = credentialsIn(request.headers.authorization, context.form);
      return credentials && (await this.owner(credentials.id, credentials.secret, context.origin));
    } catch (error) {
      if (!isProblem(error, OAuthErrors.invalid_request)) throw error;
      context.bodyFault ??= error;
      return null;
    }
  }

  /** The token is void if its key has ended or was reduced since, or belongs to another account. */
  async byToken(token: ClientToken): Promise<MachinePrincipal> {
    const key = await this.cache.findById(token.keyId);
    if (!('caller' in key)) throw refusalOf(key);
    const { caller } = key;
    if (caller.kind !== 'service-account' || caller.serviceAccountId !== token.serviceAccountId)
      throw new TokenRefused('wrong_claims', usedKeyOf(caller));
    if (isVoid(token.issuedAt, caller.voidUntil)) throw new TokenRefused('revoked', usedKeyOf(caller));
    this.use.note(caller.keyId);
    return {
      ...caller,
      scopes: token.scopes.filter((scope) => caller.scopes.includes(scope)),
      expiresAt: Math.min(token.expiresAt, caller.expiresAt),
    };
  }

  private async owner(id: string, secret: string, origin: Origin): Promise<MachinePrincipal> {
    if (!beginsLikeKey(secret)) throw new TokenRefused('malformed');
    const caller = await this.keys.read(secret, origin);
    if (caller.kind === 'service-account' && caller.serviceAccountId === id) return caller;
    const ownerId = caller.kind === 'api-key' ? caller.userId : null;
    throw new TokenRefused('wrong_client', usedKeyOf(caller), ownerId);
  }
}
