import { applyDecorators } from '@nestjs/common';
import { ApiBearerAuth, ApiCookieAuth, ApiSecurity } from '@nestjs/swagger';

/**
 * Says in the OpenAPI document that a public route looks at a token when there is one, so that generated clients and
 * "Try it out" send theirs. It changes nothing about who may call.
 */
export const OptionalToken = () =>
  applyDecorators(ApiSecurity({}), ApiBearerAuth('bearer'), ApiCookieAuth('cookie'));
