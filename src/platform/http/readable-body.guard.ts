import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { PlatformErrors } from '../errors/platform.errors.js';
import { Problem } from '../errors/problem.js';
import { contextOf } from './request-context.js';
import { memberPointer } from './json-pointer.js';

/** What Nest notes of a handler's parameters: each under its kind and place, such as `3:0`. */
const PARAMETERS = '__routeArguments__';
const BODY_PARAMETER = /^3:/;

/** Refuses a body that could not be read, or that nobody would read, after the limits have counted the request. */
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

/** Unknown members are refused everywhere, also where none is known; validation sees only bodies that a handler takes. */
function refuseMembers(body: object): void {
  const errors = Object.keys(body).map((name) => ({
    pointer: memberPointer('#', name),
    detail: 'this request takes no members',
  }));
  if (errors.length > 0) throw new Problem(PlatformErrors.validation_failed, { errors });
}
