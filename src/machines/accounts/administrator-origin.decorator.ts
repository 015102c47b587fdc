import { createParamDecorator } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Origin } from '../../platform/http/origin.js';
import { contextOf, principalOf } from '../../platform/http/request-context.js';

/** Injects the origin of the request with the administrator who sent it, whom its events name. */
export const AdministratorOrigin = createParamDecorator((_: unknown, execution): Origin => {
  const request = execution.switchToHttp().getRequest<FastifyRequest>();
  return { ...contextOf(request).origin, actor: { actorId: principalOf(request).userId } };
});
