import { applyDecorators } from '@nestjs/common';
import { ApiBearerAuth, ApiCookieAuth } from '@nestjs/swagger';

/**
 * Declares in the OpenAPI document that a public route uses a token if there is one, so that generated clients and
 * "Try it out" send theirs. It does not change who may call the route. The document does not list the alternative without
 * a token, because Swagger UI would show the route as locked for everybody.
 */
export const OptionalToken = () => applyDecorators(ApiBearerAuth('bearer'), ApiCookieAuth('cookie'));
