import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { catchError, type Observable } from 'rxjs';
import { contextOf } from '../platform/http/request-context.js';
import { rateLimitField } from './rate-limit-field.js';
import { RateLimited } from './rate-limit.errors.js';

/** Refunds a request whose handler refuses it with `rate_limited` by its own count: such a request uses no window. */
@Injectable()
export class RefundInterceptor implements NestInterceptor {
  intercept(execution: ExecutionContext, next: CallHandler): Observable<unknown> {
    const http = execution.switchToHttp();
    return next.handle().pipe(
      catchError(async (error: unknown) => {
        if (error instanceof RateLimited) {
          await contextOf(http.getRequest<FastifyRequest>()).counted?.refund();
          const field = rateLimitField(error.policies[0], 0, error.retryAfterSeconds);
          http.getResponse<FastifyReply>().header('ratelimit', field);
        }
        throw error;
      }),
    );
  }
}
