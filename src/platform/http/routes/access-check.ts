import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { type DeclaredRoute, declaredRoutes } from './route-walk.js';

/**
 * Fails the start if a route does not declare who may call it, because the authorisation guard would refuse all its
 * requests, or if a public route requires a recent proof or a scope.
 */
@Injectable()
export class AccessCheck implements OnModuleInit {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
  ) {}

  /** Throws an Error that lists the routes. */
  onModuleInit(): void {
    const routes = declaredRoutes(this.discovery, this.scanner);
    refuse(
      routes.filter(({ access }) => access === undefined),
      'declares none of @Public(), @SignedIn(), @RequireRole(), @ForProxies() and @ForClients()',
    );
    refuse(
      routes.filter(({ access, isRecent }) => isRecent && access?.kind === 'public'),
      'declares @Recent() beside @Public()',
    );
    refuse(
      routes.filter(({ access, scope }) => scope !== undefined && access?.kind === 'public'),
      'declares @Scope() beside @Public()',
    );
  }
}

function refuse(routes: readonly DeclaredRoute[], fault: string): void {
  if (routes.length === 0) return;
  throw new Error(`${routes.map(({ method, path }) => `${method} ${path}`).join(', ')}: ${fault}.`);
}
