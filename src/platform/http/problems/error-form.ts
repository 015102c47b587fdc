import type { FastifyRequest, RouteOptions } from 'fastify';
import type { Problem } from '../../errors/problem.js';

/** What is sent for an error. */
export interface ErrorAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** The media type of the body. */
  readonly type: string;
  /** Sent as JSON. */
  readonly body: object;
}

/** Converts a problem to the form that a protocol prescribes for the errors of its routes. */
export type ErrorForm = (problem: Problem, request: FastifyRequest) => ErrorAnswer;

/** Setting of a route that the HTTP layer reads whatever happens to a request. */
export interface ErrorFormSettings {
  /** By default, errors are problem documents. */
  readonly errorForm?: ErrorForm;
}

/** Returns the form in which a route sends errors; undefined for problem documents. */
export function errorFormOf(config: RouteOptions['config'] | undefined): ErrorForm | undefined {
  const settings: ErrorFormSettings | undefined = config;
  return settings?.errorForm;
}
