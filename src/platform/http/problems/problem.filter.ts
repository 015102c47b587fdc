import { type ArgumentsHost, Catch, type ExceptionFilter, Injectable, Logger } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Environment } from '../../config/environment.js';
import { PlatformErrors } from '../../errors/platform.errors.js';
import { Problem } from '../../errors/problem.js';
import { contextOf } from '../request-context.js';
import { publicPath } from '../routes/public-path.js';
import { RouteTable } from '../routes/route-table.js';
import { errorFormOf } from './error-form.js';
import { problemAnswer, sendError } from './problem-document.js';
import { toProblem } from './to-problem.js';

/** Converts every error to a response. Causes of 5xx are only logged, with the request id. */
@Injectable()
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger(ProblemFilter.name);

  private readonly basePath: string;

  constructor(
    private readonly routes: RouteTable,
    environment: Environment,
  ) {
    this.basePath = publicPath(environment.PUBLIC_URL);
  }

  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    this.send(this.judge(thrown, request), request, http.getResponse<FastifyReply>());
  }

  /** Responds to a request with a problem, in the form that its route prescribes. */
  send(problem: Problem, request: FastifyRequest, reply: FastifyReply): void {
    const form = errorFormOf(this.routes.configOf(request));
    const answer = form
      ? form(problem, request)
      : problemAnswer(problem, contextOf(request).origin.requestId, this.basePath);
    sendError(answer, reply);
  }

  /** Converts a thrown value to a problem; notes it in the request context and logs it if it is a server fault. */
  judge(thrown: unknown, request: FastifyRequest): Problem {
    const context = contextOf(request);
    const problem = this.refine(toProblem(thrown), request);
    context.problemCode = problem.row.code;
    context.invalidMembers = problem.occurrence.errors?.map(({ pointer }) => pointer) ?? [];
    if (problem.row.status >= 500) this.report(problem, context.origin.requestId);
    return problem;
  }

  /** A request without a route whose path supports other methods gets 405 with `Allow` (RFC 9110 section 15.5.6). */
  private refine(problem: Problem, request: FastifyRequest): Problem {
    if (problem.row !== PlatformErrors.not_found || !request.is404) return problem;
    const allowed = this.routes.methodsOf(request.url);
    if (allowed.length === 0) return problem;
    return new Problem(PlatformErrors.method_not_allowed, { headers: { allow: allowed.join(', ') } });
  }

  private report(problem: Problem, requestId: string): void {
    const { cause } = problem.occurrence;
    if (problem.row === PlatformErrors.internal) {
      this.logger.error(
        { requestId, err: cause instanceof Error ? cause : new Error(String(cause)) },
        'Unexpected error',
      );
    } else {
      const reason = cause instanceof Error ? cause.message : undefined;
      this.logger.warn({ requestId, code: problem.row.code, reason }, 'Request refused');
    }
  }
}
