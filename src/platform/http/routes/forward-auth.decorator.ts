import { RouteConfig } from '@nestjs/platform-fastify';
import type { FastifyRequest, RouteOptions } from 'fastify';

/** Setting of a route that the HTTP layer reads before any guard runs. */
interface ForwardAuthSettings {
  readonly forwardAuth?: boolean;
}

/**
 * Marks a handler for forward-auth requests of proxies. Body and content type are ignored and CORS does not apply,
 * because all three concern the forwarded request.
 */
export const ForwardAuthRoute = (): MethodDecorator =>
  RouteConfig({ forwardAuth: true } satisfies ForwardAuthSettings);

/** Returns whether a route is marked with {@link ForwardAuthRoute}. */
export function isForwardAuthRoute({ config }: Pick<RouteOptions, 'config'>): boolean {
  const settings: ForwardAuthSettings | undefined = config;
  return settings?.forwardAuth ?? false;
}

/** Returns whether the matched route of a request is marked with {@link ForwardAuthRoute}. */
export function isForwardAuthRequest({ is404, routeOptions }: FastifyRequest): boolean {
  // A request that Fastify cannot route has no options, although its type declares them.
  const options = routeOptions as FastifyRequest['routeOptions'] | undefined;
  return !is404 && isForwardAuthRoute({ config: options?.config });
}
