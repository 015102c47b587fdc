import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyRequest } from 'fastify';

/** Setting of a route that the HTTP layer reads before any guard runs. */
interface RawBodySettings {
  readonly keepsRawBody?: boolean;
}

/** Marks a handler whose body is signed: its bytes are kept in the context of the request. */
export const KeepsRawBody = (): MethodDecorator =>
  RouteConfig({ keepsRawBody: true } satisfies RawBodySettings);

/** Returns whether the matched route of a request is marked with {@link KeepsRawBody}. */
export function keepsRawBody({ is404, routeOptions }: FastifyRequest): boolean {
  // A request that Fastify cannot route has no options, although its type declares them.
  const settings = (routeOptions as FastifyRequest['routeOptions'] | undefined)?.config as
    RawBodySettings | undefined;
  return !is404 && (settings?.keepsRawBody ?? false);
}
