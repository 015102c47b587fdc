import { RequestMethod, type Type } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import type { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { ACCESS_RULE, type AccessRule } from '../../access/access.decorator.js';
import { RECENT } from '../../access/recent.decorator.js';
import { SCOPE, type Scope } from '../../access/scope.decorator.js';
import { isOperationalHandler } from './operational.decorator.js';
import { SLOW, type SlowReason } from './slow.decorator.js';

type Handler = (...args: never[]) => unknown;

/** One route as declared by its decorators. */
export interface DeclaredRoute {
  readonly controller: Type<Record<string, Handler>>;
  readonly name: string;
  readonly handler: Handler;
  readonly method: string;
  /** With a leading slash, parameters as `:name`. */
  readonly path: string;
  readonly access: AccessRule | undefined;
  /** Whether the route requires a recent proof in addition to its rule. */
  readonly isRecent: boolean;
  /** The scope that opens the route to API keys; undefined if it refuses them. */
  readonly scope: Scope | undefined;
  readonly isOperational: boolean;
  /** Why the route is slow by design; undefined if it is not. */
  readonly slow: SlowReason | undefined;
}

/** Returns every route of every controller, for documents and for tests that check all routes. */
export function declaredRoutes(discovery: DiscoveryService, scanner: MetadataScanner): DeclaredRoute[] {
  return discovery.getControllers().flatMap(({ metatype }) => {
    const controller = metatype as DeclaredRoute['controller'];
    return scanner
      .getAllMethodNames(controller.prototype as object)
      .map((name) => ({ name, handler: (controller.prototype as Record<string, Handler>)[name] as Handler }))
      .filter(({ handler }) => Reflect.hasMetadata(PATH_METADATA, handler))
      .map(({ name, handler }) => ({
        controller,
        name,
        handler,
        method: RequestMethod[Reflect.getMetadata(METHOD_METADATA, handler) as RequestMethod],
        path: pathOf(
          Reflect.getMetadata(PATH_METADATA, controller),
          Reflect.getMetadata(PATH_METADATA, handler),
        ),
        access: (Reflect.getMetadata(ACCESS_RULE, handler) ??
          Reflect.getMetadata(ACCESS_RULE, controller)) as AccessRule | undefined,
        isRecent: Reflect.hasMetadata(RECENT, handler) || Reflect.hasMetadata(RECENT, controller),
        scope: (Reflect.getMetadata(SCOPE, handler) ?? Reflect.getMetadata(SCOPE, controller)) as
          Scope | undefined,
        isOperational: isOperationalHandler(handler),
        slow: Reflect.getMetadata(SLOW, handler) as SlowReason | undefined,
      }));
  });
}

function pathOf(...parts: unknown[]): string {
  const segments = parts.flatMap((part) => String(part).split('/')).filter((segment) => segment !== '');
  return `/${segments.join('/')}`;
}
