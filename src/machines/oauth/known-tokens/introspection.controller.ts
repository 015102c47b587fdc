import { Controller } from '@nestjs/common';
import { ApiBody, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Scope } from '../../../platform/access/scope.decorator.js';
import { Environment } from '../../../platform/config/environment.js';
import type { Form } from '../../../platform/http/bodies/form-body.js';
import { FormBody } from '../../../platform/http/request.decorators.js';
import { IntrospectionDto, TokenFormDto } from './introspection.dto.js';
import type { KnownToken } from './known-token.js';
import { KnownTokens } from './known-tokens.js';
import { OAuthEndpoint } from '../oauth-endpoint.decorator.js';
import { required } from '../required-parameter.js';

/** Tells services whether tokens that they were sent are accepted (RFC 7662). */
@ApiTags('oauth')
@Controller('oauth')
export class IntrospectionController {
  constructor(
    private readonly tokens: KnownTokens,
    private readonly environment: Environment,
  ) {}

  /**
   * Tells whether a token is accepted at present, for services that do not verify tokens offline. The caller needs the scope
   * `tokens:introspect`. It sends the id and a key of a service account, as for `POST /oauth/token`, or, as a bearer token, any
   * API key or an access token of a service account. Unknown, forged, expired and revoked tokens are all answered
   * `{ "active": false }`.
   */
  @OAuthEndpoint('introspect', { bearer: true })
  @Scope('tokens:introspect')
  @ApiOperation({ operationId: 'introspectToken', summary: 'Ask whether a token is accepted' })
  @ApiBody({ type: TokenFormDto })
  @ApiOkResponse({ type: IntrospectionDto, description: 'What is known of the token.' })
  async introspect(@FormBody() form: Form): Promise<IntrospectionDto> {
    const found = await this.tokens.find(required(form, 'token'));
    if (found === null || found.kind === 'refresh-token') return { active: false };
    const { JWT_ISSUER: iss, JWT_AUDIENCE: aud } = this.environment;
    return { active: true, iss, aud: found.audience ?? aud, ...described(found) };
  }
}

function described(token: KnownToken): Omit<IntrospectionDto, 'active'> {
  const { kind, owner, clientId, scopes, ownerRoles, sessionId, keyId, tokenId, issuedAt, expiresAt } = token;
  return {
    sub: owner.id,
    ...(tokenId !== null && { jti: tokenId }),
    ...(clientId !== null && { client_id: clientId }),
    ...(scopes !== null && { scope: scopes.join(' ') }),
    ...(ownerRoles !== null && { owner_roles: ownerRoles }),
    ...(sessionId !== null && { sid: sessionId }),
    ...(keyId !== null && { key: keyId }),
    token_type: kind === 'assertion' ? 'N_A' : 'Bearer',
    ...(issuedAt !== null && { iat: issuedAt }),
    ...(expiresAt !== null && { exp: expiresAt }),
  };
}
