import { recordedCaller } from '../access/principal.js';
import { Injectable, Logger } from '@nestjs/common';
import { Environment } from '../config/environment.js';
import type { RequestContext } from '../http/request-context.js';

/**
 * Logs one line per request with its matched route, never the path or query, which may contain data. Successes are logged
 * at level `debug`, because the audit trail records every call anyway; refusals at `info`, failures at `warn`.
 */
@Injectable()
export class RequestLog {
  private readonly logger = new Logger('Request');
  private readonly successes: boolean;

  constructor({ LOG_LEVEL }: Environment) {
    this.successes = LOG_LEVEL === 'debug' || LOG_LEVEL === 'trace';
  }

  write(
    { origin, route, principal, problemCode, startedAt }: RequestContext,
    method: string,
    status: number,
  ): void {
    if (status < 400 && !this.successes) return;
    const line = {
      requestId: origin.requestId,
      method,
      route,
      status,
      durationMs: Math.round((performance.now() - startedAt) * 10) / 10,
      ...(problemCode && { code: problemCode }),
      ...(principal && { userId: recordedCaller(principal).userId }),
    };
    if (status >= 500) this.logger.warn(line, 'Request completed');
    else if (status >= 400) this.logger.log(line, 'Request completed');
    else this.logger.debug(line, 'Request completed');
  }
}
