import type { FastifyReply } from 'fastify';
import { Problem } from '../../errors/problem.js';
import type { ErrorAnswer } from './error-form.js';

/** The problem document of RFC 9457 as returned by this API. */
export interface ProblemDocument {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  readonly requestId: string;
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[];
}

/** The media type of every error (RFC 9457 section 6.1). */
export const PROBLEM_JSON = 'application/problem+json';

/**
 * Returns the public document of a problem: its row and the occurrence's additions, without the cause. The type is a
 * host-relative reference below `basePath`, so it stays valid behind any host (RFC 9457 section 3.1.1).
 */
export function problemDocument(problem: Problem, requestId: string, basePath = ''): ProblemDocument {
  const { row, occurrence } = problem;
  return {
    type: row.type ?? `${basePath}/docs/errors#${row.code}`,
    title: row.title,
    status: row.status,
    detail: occurrence.detail ?? row.detail,
    code: row.code,
    requestId,
    ...(occurrence.errors && { errors: occurrence.errors }),
    ...occurrence.extensions,
  };
}

/** Returns the answer that sends a problem as a document. */
export function problemAnswer(problem: Problem, requestId: string, basePath: string): ErrorAnswer {
  return {
    status: problem.row.status,
    headers: problemHeaders(problem),
    type: PROBLEM_JSON,
    body: problemDocument(problem, requestId, basePath),
  };
}

/** Sends an error; does nothing if the reply was already sent. */
export function sendError({ status, headers, type, body }: ErrorAnswer, reply: FastifyReply): void {
  if (reply.sent) return;
  // Sent as bytes: Fastify would add a charset to text, and JSON types have none (RFC 8259 section 11).
  void reply
    .status(status)
    .headers(headers)
    .header('content-type', type)
    .send(Buffer.from(JSON.stringify(body)));
}

/** Returns the header fields of a problem: those of the occurrence, `Retry-After`, and a challenge for 401 (RFC 9110). */
export function problemHeaders(problem: Problem): Record<string, string> {
  const { row, occurrence } = problem;
  return {
    ...(row.status === 401 && { 'www-authenticate': 'Bearer' }),
    ...(occurrence.retryAfterSeconds !== undefined && {
      'retry-after': String(occurrence.retryAfterSeconds),
    }),
    ...occurrence.headers,
  };
}
