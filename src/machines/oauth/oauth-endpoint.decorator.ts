import { applyDecorators, HttpCode, Post } from '@nestjs/common';
import { ApiConsumes, ApiExtraModels } from '@nestjs/swagger';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ForClients } from '../../platform/access/access.decorator.js';
import type { ErrorFormSettings } from '../../platform/http/problems/error-form.js';
import type { FormSettings } from '../../platform/http/bodies/form-body.js';
import { RateLimit } from '../../rate-limit/rate-limit.decorator.js';
import { OAuthErrorDto } from './oauth-error.dto.js';
import { oauthErrorForm } from './oauth-error.js';

/**
 * An endpoint of OAuth 2.0: it takes a form of a client, and errors have the form of RFC 6749. Attempts with credentials that
 * are not good count in `login-address`, and all others in `key`.
 */
export const OAuthEndpoint = (path: string, access: { readonly bearer: boolean }): MethodDecorator =>
  applyDecorators(
    Post(path),
    HttpCode(200),
    ForClients(access),
    RateLimit('login-address'),
    RouteConfig({ readsForms: true, errorForm: oauthErrorForm(access) } satisfies FormSettings &
      ErrorFormSettings),
    ApiConsumes('application/x-www-form-urlencoded'),
    ApiExtraModels(OAuthErrorDto),
  );
