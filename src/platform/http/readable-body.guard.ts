import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { callOf } from './call.js';

/** Refuses a request whose body could not be read, after the limits have counted it. */
@Injectable()
export class ReadableBodyGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { bodyFault } = callOf(context.switchToHttp().getRequest<FastifyRequest>());
    if (bodyFault) throw bodyFault;
    return true;
  }
}
