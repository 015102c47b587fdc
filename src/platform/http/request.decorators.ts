import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Principal, SessionPrincipal } from '../access/principal.js';
import type { Locale } from '../access/locale.js';
import type { Profile } from '../access/profile.js';
import type { Form } from './bodies/form-body.js';
import type { Origin } from './origin.js';
import { preferredLocale } from './preferred-locale.js';
import { callerOf, contextOf, principalOf } from './request-context.js';

const requestOf = (execution: ExecutionContext) => execution.switchToHttp().getRequest<FastifyRequest>();

/**
 * Injects the caller of a route that is not public, which with `@Scope()` can be a program. Throws an Error on a
 * `@Public()` route.
 */
export const Caller = createParamDecorator((_: unknown, execution): Principal =>
  callerOf(requestOf(execution)),
);

/**
 * Injects the caller of a route that is neither public nor open to API keys. Throws an Error on a `@Public()` or `@Scope()`
 * route, which is a programming error.
 */
export const CurrentUser = createParamDecorator((_: unknown, execution): SessionPrincipal =>
  principalOf(requestOf(execution)),
);

/** Injects the caller's account as it was when the caller was authorised; only on routes that are not public. */
export const CurrentProfile = createParamDecorator((_: unknown, execution): Profile => {
  const { profile } = contextOf(requestOf(execution));
  if (!profile)
    throw new Error('The route needs the profile of its caller, but the caller was not looked up.');
  return profile;
});

/** Injects the language that the request's `Accept-Language` prefers. */
export const PreferredLocale = createParamDecorator((_: unknown, execution): Locale =>
  preferredLocale(requestOf(execution).headers['accept-language']),
);

/** Injects the body of a route that reads forms. */
export const FormBody = createParamDecorator(
  (_: unknown, execution): Form => contextOf(requestOf(execution)).form,
);

/** Injects the origin of the request. */
export const ClientOrigin = createParamDecorator(
  (_: unknown, execution): Origin => contextOf(requestOf(execution)).origin,
);
