import { RouteConfig } from '@nestjs/platform-fastify';
import { FASTIFY_ROUTE_CONFIG_METADATA } from '@nestjs/platform-fastify/constants.js';
import type { FastifyRequest } from 'fastify';

/** Settings of a route that the HTTP layer reads before any guard runs. */
export interface RouteSettings {
  /** Whether the route is operational (health, metrics, documentation): neither limited nor recorded. */
  readonly isOperational?: boolean;
}

/** Settings of an operational route that is not a controller's handler. */
export const OPERATIONAL: RouteSettings = { isOperational: true };

/** Marks an operational handler (health, metrics, documentation): its requests are neither limited nor recorded. */
export const Operational = (): MethodDecorator => RouteConfig(OPERATIONAL);

/** Returns whether a handler is marked as {@link Operational}. */
export function isOperationalHandler(handler: object): boolean {
  const settings = Reflect.getMetadata(FASTIFY_ROUTE_CONFIG_METADATA, handler) as RouteSettings | undefined;
  return settings?.isOperational ?? false;
}

/** Returns whether the matched route of a request is operational. */
export function isOperationalRequest({ is404, routeOptions }: FastifyRequest): boolean {
  // A request that Fastify cannot route has no options, although its type declares them.
  const settings = (routeOptions as FastifyRequest['routeOptions'] | undefined)?.config as
    RouteSettings | undefined;
  return !is404 && (settings?.isOperational ?? false);
}
