import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { catchError, type Observable } from 'rxjs';
import { Problem } from '../../platform/errors/problem.js';
import { contextOf } from '../../platform/http/request-context.js';
import { AccessRefusals } from './access-refusals.js';

/**
 * Records that a handler has refused a change with 403, as the guards do before it: whether somebody may make the change can
 * depend on the account that is to be changed, and rights can be lost after the guards have let the request pass.
 */
@Injectable()
export class RefusedChangesInterceptor implements NestInterceptor {
  constructor(private readonly refusals: AccessRefusals) {}

  intercept(execution: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(
      catchError((error: unknown) => {
        const context = contextOf(execution.switchToHttp().getRequest<FastifyRequest>());
        if (error instanceof Problem && error.row.status === 403) this.refusals.denied(context, error);
        throw error;
      }),
    );
  }
}
