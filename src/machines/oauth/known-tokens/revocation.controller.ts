import { Controller } from '@nestjs/common';
import { ApiBody, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Principal } from '../../../platform/access/principal.js';
import { Problem } from '../../../platform/errors/problem.js';
import type { Form } from '../../../platform/http/bodies/form-body.js';
import { Problems } from '../../../platform/http/openapi/problems.decorator.js';
import type { Origin } from '../../../platform/http/origin.js';
import { Caller, ClientOrigin, FormBody } from '../../../platform/http/request.decorators.js';
import { TokenFormDto } from './introspection.dto.js';
import { OAuthEndpoint } from '../oauth-endpoint.decorator.js';
import { OAuthErrors } from '../oauth.errors.js';
import { required } from '../required-parameter.js';
import { TokenRevocation } from './token-revocation.js';

/** Lets clients end tokens (RFC 7009). */
@ApiTags('oauth')
@Controller('oauth')
export class RevocationController {
  constructor(private readonly revocation: TokenRevocation) {}

  /**
   * Revokes a token; every instance rejects it within a second. A service account can revoke
   * its own keys and access tokens, and a person's key can revoke itself. Revoking those of others, or ending a session by
   * one of its tokens, requires the scope `tokens:revoke`. Revoking an access token revokes all access tokens issued for the
   * same key until then. The response is also 200 if the token is unknown or no longer valid.
   */
  @OAuthEndpoint('revoke', { bearer: true })
  @ApiOperation({ operationId: 'revokeToken', summary: 'Revoke a token' })
  @ApiBody({ type: TokenFormDto })
  @ApiOkResponse({ description: 'The token is not accepted any more.' })
  @Problems(OAuthErrors.unauthorized_client, OAuthErrors.unsupported_token_type)
  async revoke(
    @Caller() caller: Principal,
    @FormBody() form: Form,
    @ClientOrigin() origin: Origin,
  ): Promise<void> {
    const token = required(form, 'token');
    if (caller.kind === 'session') throw new Problem(OAuthErrors.unauthorized_client);
    await this.revocation.revoke(caller, token, origin);
  }
}
