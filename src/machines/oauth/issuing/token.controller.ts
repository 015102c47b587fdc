import { Controller, Header } from '@nestjs/common';
import { ApiBody, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Principal } from '../../../platform/access/principal.js';
import { Problem } from '../../../platform/errors/problem.js';
import type { Form } from '../../../platform/http/bodies/form-body.js';
import { Problems } from '../../../platform/http/openapi/problems.decorator.js';
import type { Origin } from '../../../platform/http/origin.js';
import { Caller, ClientOrigin, FormBody } from '../../../platform/http/request.decorators.js';
import { ClientTokenIssuing } from './client-token-issuing.js';
import { OAuthEndpoint } from '../oauth-endpoint.decorator.js';
import { OAuthErrors } from '../oauth.errors.js';
import { required } from '../required-parameter.js';
import { TokenRequestDto, TokenResponseDto } from './token.dto.js';

/** The only grant type: there is nobody to be asked for consent, and no password of a person is sent here. */
export const GRANT_TYPE = 'client_credentials';

/** The token endpoint of OAuth 2.0 (RFC 6749 section 3.2), for service accounts. */
@ApiTags('oauth')
@Controller('oauth')
export class TokenController {
  constructor(private readonly issuing: ClientTokenIssuing) {}

  /**
   * Issues an access token to a service account. The token is accepted wherever the key is, and other services can verify it
   * offline. The id of the service account and one of its keys are sent in `Authorization: Basic`, or as `client_id` and
   * `client_secret` in the form. The token is valid for at most 15 minutes, and becomes invalid earlier if the key or the account
   * is revoked, disabled or deleted, or loses a scope.
   */
  @OAuthEndpoint('token', { bearer: false })
  @Header('pragma', 'no-cache')
  @ApiOperation({ operationId: 'createToken', summary: 'Get an access token for a key' })
  @ApiBody({ type: TokenRequestDto })
  @ApiOkResponse({ type: TokenResponseDto, description: 'The token (RFC 9068).' })
  @Problems(OAuthErrors.unsupported_grant_type, OAuthErrors.invalid_scope)
  async token(
    @Caller() client: Principal,
    @FormBody() form: Form,
    @ClientOrigin() origin: Origin,
  ): Promise<TokenResponseDto> {
    if (required(form, 'grant_type') !== GRANT_TYPE) throw new Problem(OAuthErrors.unsupported_grant_type);
    if (client.kind !== 'service-account') throw new Problem(OAuthErrors.unauthorized_client);
    const { token, expiresIn, scopes } = await this.issuing.issue(client, form.get('scope'), origin);
    return { access_token: token, token_type: 'Bearer', expires_in: expiresIn, scope: scopes.join(' ') };
  }
}
