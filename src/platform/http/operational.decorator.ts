import { RouteConfig } from '@nestjs/platform-fastify';
import { FASTIFY_ROUTE_CONFIG_METADATA } from '@nestjs/platform-fastify/constants.js';
import type { FastifyRequest } from 'fastify';

/** What the HTTP layer knows of a route before any guard runs. */
export interface RouteSettings {
  /** Whether the route serves operation (health, metrics, documentation): neither limited nor recorded. */
  readonly isOperational?: boolean;
}

/** The settings of a route that serves operation, for routes that are no handler of a controller. */
export const OPERATIONAL: RouteSettings = { isOperational: true };

/** Marks a handler that serves operation (health, metrics, documentation): its requests are neither limited nor recorded. */
export const Operational = (): MethodDecorator => RouteConfig(OPERATIONAL);

/** Whether a handler is marked as {@link Operational}. */
export function isOperationalHandler(handler: object): boolean {
  const settings = Reflect.getMetadata(FASTIFY_ROUTE_CONFIG_METADATA, handler) as RouteSettings | undefined;
  return settings?.isOperational ?? false;
}

/** Whether the matched route of a request serves operation. */
export function isOperationalRequest({ is404, routeOptions }: FastifyRequest): boolean {
  // A request that Fastify cannot route has no options, whatever its type says.
  const settings = (routeOptions as FastifyRequest['routeOptions'] | undefined)?.config as
    RouteSettings | undefined;
  return !is404 && (settings?.isOperational ?? false);
}
