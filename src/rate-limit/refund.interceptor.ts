import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { catchError, type Observable } from 'rxjs';
import { Admission } from './admission.js';
import { RoutePolicies } from './policies/route-policies.js';
import { RateLimited } from './rate-limit.errors.js';

/** Refunds a request whose handler refuses it with `rate_limited` by its own count: such a request uses no window. */
@Injectable()
export class RefundInterceptor implements NestInterceptor {
  constructor(
    private readonly admission: Admission,
    private readonly policies: RoutePolicies,
  ) {}

  intercept(execution: ExecutionContext, next: CallHandler): Observable<unknown> {
    return next.handle().pipe(
      catchError(async (error: unknown) => {
        if (error instanceof RateLimited) {
          const http = execution.switchToHttp();
          const set = this.policies.of(execution.getHandler() as () => unknown, execution.getClass());
          await this.admission.clear(
            http.getRequest<FastifyRequest>(),
            http.getResponse<FastifyReply>(),
            set,
            error,
          );
        }
        throw error;
      }),
    );
  }
}
