import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { SessionPrincipal } from '../access/principal.js';
import type { Profile } from '../access/profile.js';
import type { Origin } from './origin.js';
import { contextOf, principalOf } from './request-context.js';

const requestOf = (execution: ExecutionContext) => execution.switchToHttp().getRequest<FastifyRequest>();

/** The person who calls a route that is not public. Throws where the route is declared `@Public()`, which is a mistake in the code. */
export const CurrentUser = createParamDecorator((_: unknown, execution): SessionPrincipal =>
  principalOf(requestOf(execution)),
);

/** The account of the caller of a route that is not public, as it was when the caller was let in. */
export const CurrentProfile = createParamDecorator((_: unknown, execution): Profile => {
  const { profile } = contextOf(requestOf(execution));
  if (!profile)
    throw new Error('The route asks for the profile of its caller, but the caller was not looked up.');
  return profile;
});

/** Where the request comes from. */
export const ClientOrigin = createParamDecorator(
  (_: unknown, execution): Origin => contextOf(requestOf(execution)).origin,
);
