import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyRequest, RouteOptions } from 'fastify';

/** Setting of a route that the HTTP layer reads before any guard runs. */
interface QuestionSettings {
  readonly carriesQuestions?: boolean;
}

/**
 * Marks a handler that receives questions of proxies about requests to other applications. No body is read there, no
 * content type is looked at, and CORS does not apply: all of them belong to the other request.
 */
export const CarriesQuestions = (): MethodDecorator =>
  RouteConfig({ carriesQuestions: true } satisfies QuestionSettings);

/** Returns whether a route is marked with {@link CarriesQuestions}. */
export function isForQuestions({ config }: Pick<RouteOptions, 'config'>): boolean {
  const settings: QuestionSettings | undefined = config;
  return settings?.carriesQuestions ?? false;
}

/** Returns whether the matched route of a request is marked with {@link CarriesQuestions}. */
export function carriesQuestion({ is404, routeOptions }: FastifyRequest): boolean {
  // A request that Fastify cannot route has no options, although its type declares them.
  const options = routeOptions as FastifyRequest['routeOptions'] | undefined;
  return !is404 && isForQuestions({ config: options?.config });
}
