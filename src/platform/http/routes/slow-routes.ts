import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { declaredRoutes } from './route-walk.js';

/** The routes marked as slow by design. */
@Injectable()
export class SlowRoutes implements OnModuleInit {
  private readonly patterns = new Set<string>();

  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
  ) {}

  onModuleInit(): void {
    for (const { slow, method, path } of declaredRoutes(this.discovery, this.scanner))
      if (slow !== undefined) this.patterns.add(`${method} ${path}`);
  }

  /** Returns whether a route, given by method and pattern, is slow by design. */
  has(method: string, route: string | null): boolean {
    return this.patterns.has(`${method} ${route}`);
  }
}
