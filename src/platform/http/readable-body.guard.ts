import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { PlatformErrors } from '../errors/platform.errors.js';
import { Problem } from '../errors/problem.js';
import { callOf } from './request-context.js';
import { memberPointer } from './json-pointer.js';

/** What Nest notes of a handler's parameters: each under its kind and place, such as `3:0`. */
const PARAMETERS = '__routeArguments__';
const BODY_PARAMETER = /^3:/;

/** Refuses a body that could not be read, or that nobody would read, after the limits have counted the request. */
@Injectable()
export class ReadableBodyGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const { bodyFault } = callOf(request);
    if (bodyFault) throw bodyFault;
    const { body } = request;
    if (typeof body === 'object' && body !== null && !takesBody(context)) refuseMembers(body);
    return true;
  }
}

function takesBody(context: ExecutionContext): boolean {
  const parameters: unknown = Reflect.getMetadata(PARAMETERS, context.getClass(), context.getHandler().name);
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
