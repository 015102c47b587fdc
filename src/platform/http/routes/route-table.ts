import { Injectable } from '@nestjs/common';
import type { FastifyRequest, RouteOptions } from 'fastify';

interface KnownRoute {
  readonly path: RegExp;
  readonly methods: Set<string>;
  readonly config: RouteOptions['config'];
}

/** The origin of a target in absolute form, which is routed by its path (RFC 9112 section 3.2.2). */
const ORIGIN = /^https?:\/\/[^/?#]*/i;
const QUERY = /\?.*$/s;

/** The routes of this process, used to distinguish an unknown path (404) from an unsupported method (405). */
@Injectable()
export class RouteTable {
  private readonly routes = new Map<string, KnownRoute>();

  /** Adds a route when Fastify registers it (its `onRoute` hook). */
  add({ url, method, config }: Pick<RouteOptions, 'url' | 'method' | 'config'>): void {
    if (url.includes('*')) return;
    const route = this.routes.get(url) ?? { path: pattern(url), methods: new Set<string>(), config };
    for (const one of Array.isArray(method) ? method : [method]) route.methods.add(one);
    this.routes.set(url, route);
  }

  /** Returns the methods that the path of a request target supports, sorted; empty for an unknown path. */
  methodsOf(target: string): string[] {
    return [...new Set(this.at(target).flatMap(({ methods }) => [...methods]))].toSorted();
  }

  /** Returns the settings of a request's route, or of one with its path if it does not support the method. */
  configOf({ is404, url, routeOptions }: FastifyRequest): RouteOptions['config'] | undefined {
    // A request that Fastify cannot route has no options, although its type declares them.
    const options = routeOptions as FastifyRequest['routeOptions'] | undefined;
    return is404 || options === undefined ? this.at(url)[0]?.config : options.config;
  }

  private at(target: string): KnownRoute[] {
    const path = target.replace(ORIGIN, '').replace(QUERY, '');
    return [...this.routes.values()].filter((route) => route.path.test(path));
  }
}

function pattern(url: string): RegExp {
  const segments = url
    .split('/')
    .map((segment) =>
      segment.startsWith(':') ? '[^/]+' : segment.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'),
    );
  return new RegExp(`^${segments.join('/')}$`);
}
