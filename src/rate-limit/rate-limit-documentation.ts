import { applyDecorators, Injectable } from '@nestjs/common';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { ApiExtension, ApiTooManyRequestsResponse } from '@nestjs/swagger';
import { type DeclaredRoute, declaredRoutes } from '../platform/http/openapi/route-walk.js';
import { isOperational } from '../platform/http/operational-routes.js';
import type { PolicySet } from './policies/policy-set.js';
import { RoutePolicies } from './policies/route-policies.js';

/** Writes each route's policies into the OpenAPI document, from what the guard itself goes by. */
@Injectable()
export class RateLimitDocumentation {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly routes: RoutePolicies,
  ) {}

  /** To be called before the document is made. Throws when a route's decorators cannot be honoured. */
  annotate(): void {
    for (const route of declaredRoutes(this.discovery, this.scanner)) {
      const set = this.routes.of(route.handler, route.controller);
      if (set.policies.length > 0 && !isOperational(route.path)) describeLimits(route, set);
    }
  }
}

function describeLimits({ controller, name }: DeclaredRoute, { policies, field }: PolicySet): void {
  const sentences = policies.map(
    ({ name, limit, windowSeconds, keys }) =>
      `\`${name}\`: ${limit} per ${windowSeconds} s by ${keys.join(' and ')}`,
  );
  const decorate = applyDecorators(
    ApiTooManyRequestsResponse({
      description: `\`rate_limited\`: a policy is exhausted. ${sentences.join('; ')}.`,
      headers: {
        'Retry-After': {
          description: 'Seconds after which the request passes.',
          schema: { type: 'integer' },
        },
        RateLimit: { description: 'What is left of the tightest policy.', schema: { type: 'string' } },
        'RateLimit-Policy': { description: 'All policies.', schema: { type: 'string', example: field } },
      },
    }),
    ApiExtension(
      'x-rate-limit',
      policies.map(({ name, limit, windowSeconds }) => ({ name, limit, windowSeconds })),
    ),
  );
  const prototype = controller.prototype as object;
  decorate(prototype, name, Object.getOwnPropertyDescriptor(prototype, name));
}
