import { Controller } from '@nestjs/common';
import { ApiBody, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Principal } from '../../../platform/access/principal.js';
import { Problem } from '../../../platform/errors/problem.js';
import type { Form } from '../../../platform/http/form-body.js';
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
   * Ends a token; no instance accepts it a second later. A client ends its own keys and access tokens; those of others, and
   * sessions by any of their tokens, need the scope `tokens:revoke`. With an access token that a key got, all end that the key
   * has got until then. An unknown token, or one that has ended, is answered 200, too.
   */
  @OAuthEndpoint('revoke', { bearer: true })
  @ApiOperation({ operationId: 'revokeToken', summary: 'End a token' })
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
