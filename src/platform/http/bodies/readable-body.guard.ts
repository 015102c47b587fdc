import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { PlatformErrors } from '../../errors/platform.errors.js';
import { Problem } from '../../errors/problem.js';
import { contextOf } from '../request-context.js';
import { memberPointer } from '../validation/json-pointer.js';

/** Nest's metadata key of a handler's parameters, each stored by kind and position, such as `3:0`. */
const PARAMETERS = '__routeArguments__';
const BODY_PARAMETER = /^3:/;

/** Refuses a body that is unreadable or that the handler does not accept, after the rate limits have counted the request. */
@Injectable()
export class ReadableBodyGuard implements CanActivate {
  canActivate(execution: ExecutionContext): boolean {
    const request = execution.switchToHttp().getRequest<FastifyRequest>();
    const { bodyFault } = contextOf(request);
    if (bodyFault) throw bodyFault;
    const { body } = request;
    if (typeof body === 'object' && body !== null && !takesBody(execution)) refuseMembers(body);
    return true;
  }
}

function takesBody(execution: ExecutionContext): boolean {
  const parameters: unknown = Reflect.getMetadata(
    PARAMETERS,
    execution.getClass(),
    execution.getHandler().name,
  );
  return Object.keys(parameters ?? {}).some((name) => BODY_PARAMETER.test(name));
}

/** Unknown members are refused on every route; validation runs only on bodies that a handler accepts. */
function refuseMembers(body: object): void {
  const errors = Object.keys(body).map((name) => ({
    pointer: memberPointer('#', name),
    detail: 'this endpoint accepts no body fields',
  }));
  if (errors.length > 0) throw new Problem(PlatformErrors.validation_failed, { errors });
}
