import { applyDecorators } from '@nestjs/common';
import { ApiBearerAuth, ApiCookieAuth } from '@nestjs/swagger';

/**
 * Says in the OpenAPI document that a public route looks at a token when there is one, so that generated clients and
 * "Try it out" send theirs. It changes nothing about who may call. The document does not name the alternative of none: Swagger
 * UI would show such a route as locked for everybody.
 */
export const OptionalToken = () => applyDecorators(ApiBearerAuth('bearer'), ApiCookieAuth('cookie'));
