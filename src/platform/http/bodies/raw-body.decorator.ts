import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyRequest, RouteOptions } from 'fastify';

/** Setting of a route that the HTTP layer reads before any guard runs. */
interface RawBodySettings {
  readonly keepsRawBody?: boolean;
}

/**
 * Marks a handler whose body is signed: up to 1 MiB is kept in the context of the request, and parsed by
 * `parseRawBody` once the signature has been verified.
 */
export const KeepsRawBody = (): MethodDecorator =>
  RouteConfig({ keepsRawBody: true } satisfies RawBodySettings);

/** Returns whether a route is marked with {@link KeepsRawBody}. */
export function isRawBodyRoute({ config }: Pick<RouteOptions, 'config'>): boolean {
  const settings: RawBodySettings | undefined = config;
  return settings?.keepsRawBody ?? false;
}

/** Returns whether the matched route of a request is marked with {@link KeepsRawBody}. */
export function keepsRawBody({ is404, routeOptions }: FastifyRequest): boolean {
  // A request that Fastify cannot route has no options, although its type declares them.
  const options = routeOptions as FastifyRequest['routeOptions'] | undefined;
  return !is404 && isRawBodyRoute({ config: options?.config });
}
