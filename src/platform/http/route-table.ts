import { Injectable } from '@nestjs/common';
import type { RouteOptions } from 'fastify';

interface KnownRoute {
  readonly path: RegExp;
  readonly methods: Set<string>;
}

/** The origin of a target in absolute form, which is routed by its path (RFC 9112 section 3.2.2). */
const ORIGIN = /^https?:\/\/[^/?#]*/i;
const QUERY = /\?.*$/s;

/** The routes of this process, used to distinguish an unknown path (404) from an unsupported method (405). */
@Injectable()
export class RouteTable {
  private readonly routes = new Map<string, KnownRoute>();

  /** Adds a route when Fastify registers it (its `onRoute` hook). */
  add({ url, method }: Pick<RouteOptions, 'url' | 'method'>): void {
    if (url.includes('*')) return;
    const route = this.routes.get(url) ?? { path: pattern(url), methods: new Set<string>() };
    for (const one of Array.isArray(method) ? method : [method]) route.methods.add(one);
    this.routes.set(url, route);
  }

  /** Returns the methods that the path of a request target supports, sorted; empty for an unknown path. */
  methodsOf(target: string): string[] {
    const path = target.replace(ORIGIN, '').replace(QUERY, '');
    const methods = [...this.routes.values()]
      .filter((route) => route.path.test(path))
      .flatMap((route) => [...route.methods]);
    return [...new Set(methods)].toSorted();
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
