import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { ApiParam } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { isUuid } from '../platform/crypto/uuid.js';
import { PlatformErrors } from '../platform/errors/platform.errors.js';
import { Problem } from '../platform/errors/problem.js';
import { contextOf } from '../platform/http/request-context.js';

/** Documents the id of an account in a path. */
export const ApiAccountId = () =>
  ApiParam({
    name: 'id',
    description: 'The id of the account.',
    schema: { type: 'string', format: 'uuid', example: '019abf6e-3c1a-7d52-9a41-6f0a7e1b2c3d' },
  });

/**
 * The id of an account in a path, which is recorded with the call. Throws `not_found` for anything else, such as an e-mail
 * address.
 */
export const AccountId = createParamDecorator((_data: unknown, context: ExecutionContext): string => {
  const request = context.switchToHttp().getRequest<FastifyRequest<{ Params: { id: string } }>>();
  const { id } = request.params;
  if (!isUuid(id)) throw new Problem(PlatformErrors.not_found);
  contextOf(request).subjectId = id;
  return id;
});
