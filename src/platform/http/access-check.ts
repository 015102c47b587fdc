import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { declaredRoutes } from './openapi/route-walk.js';

/** Fails the start when a route does not declare who may call it: the authorisation guard would refuse all its requests. */
@Injectable()
export class AccessCheck implements OnModuleInit {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
  ) {}

  /** Throws an Error that lists the routes. */
  onModuleInit(): void {
    const open = declaredRoutes(this.discovery, this.scanner).filter(({ access }) => access === undefined);
    if (open.length === 0) return;
    const names = open.map(({ method, path }) => `${method} ${path}`).join(', ');
    throw new Error(`${names}: declares neither @Public() nor @SignedIn() nor @RequireRole().`);
  }
}
