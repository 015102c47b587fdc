import { applyDecorators } from '@nestjs/common';
import { ApiBearerAuth, ApiCookieAuth, ApiSecurity } from '@nestjs/swagger';

/**
 * Declares in the OpenAPI document that a public route uses a token if there is one, so that generated clients and
 * "Try it out" send theirs. It does not change who may call the route: an empty alternative says that none is needed.
 */
export const OptionalToken = () =>
  applyDecorators(ApiSecurity({}), ApiBearerAuth('bearer'), ApiCookieAuth('cookie'));
