import { recordedCaller } from '../access/principal.js';
import { Injectable, Logger } from '@nestjs/common';
import { Environment } from '../config/environment.js';
import type { RequestContext } from '../http/request-context.js';

/**
 * One line per answered request, by the matched route: never the path or the query, which may carry data. Successes
 * are lines of level `debug`, because the trail holds every call anyway; refusals are `info`, failures `warn`.
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
    if (status >= 500) this.logger.warn(line, 'answered');
    else if (status >= 400) this.logger.log(line, 'answered');
    else this.logger.debug(line, 'answered');
  }
}
