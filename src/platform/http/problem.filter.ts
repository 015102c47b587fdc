import { type ArgumentsHost, Catch, type ExceptionFilter, Injectable, Logger } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Environment } from '../config/environment.js';
import { PlatformErrors } from '../errors/platform.errors.js';
import { Problem } from '../errors/problem.js';
import { contextOf } from './request-context.js';
import { problemDocument, sendProblem } from './problem-document.js';
import { publicPath } from './public-path.js';
import { RouteTable } from './route-table.js';
import { toProblem } from './to-problem.js';

/** The one place where an error becomes an answer. Causes of 5xx go to the log, by request id, and nowhere else. */
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

  /** Answers a request with a problem. */
  send(problem: Problem, request: FastifyRequest, reply: FastifyReply): void {
    sendProblem(problem, problemDocument(problem, contextOf(request).origin.requestId, this.basePath), reply);
  }

  /** The problem that a thrown value stands for, noted on the call and, where it is our fault, in the log. */
  judge(thrown: unknown, request: FastifyRequest): Problem {
    const context = contextOf(request);
    const problem = this.refine(toProblem(thrown), request);
    context.problemCode = problem.row.code;
    context.invalidMembers = problem.occurrence.errors?.map(({ pointer }) => pointer) ?? [];
    if (problem.row.status >= 500) this.report(problem, context.origin.requestId);
    return problem;
  }

  /** An unknown route whose path answers other methods is 405 with `Allow` (RFC 9110 section 15.5.6). */
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
        'unexpected error',
      );
    } else {
      const reason = cause instanceof Error ? cause.message : undefined;
      this.logger.warn({ requestId, code: problem.row.code, reason }, 'request refused');
    }
  }
}
