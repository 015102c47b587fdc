import { applyDecorators, Injectable } from '@nestjs/common';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { ApiExtension, ApiTooManyRequestsResponse, type OpenAPIObject } from '@nestjs/swagger';
import { describeHeaders } from '../platform/http/openapi/answer-headers.js';
import { problemContent } from '../platform/http/openapi/describe-problems.js';
import { type DeclaredRoute, declaredRoutes } from '../platform/http/routes/route-walk.js';
import { PROBLEM_JSON } from '../platform/http/problems/problem-document.js';
import type { Policy } from './policies/policy.js';
import type { PolicySet } from './policies/policy-set.js';
import { ForwardAuthPolicies } from './policies/forward-auth-policies.js';
import { RoutePolicies } from './policies/route-policies.js';
import { RateLimited, RateLimitErrors } from './rate-limit.errors.js';

const EXTENSION = 'x-rate-limit';

const HEADERS = {
  RateLimit: {
    description:
      'Remaining requests of the tightest policy, and the seconds until there are more (IETF draft). Absent when a request is refused before its limits are checked.',
    schema: { type: 'string', example: '"default";r=99;t=60' },
  },
  'RateLimit-Policy': {
    description: 'Every policy of the route, with its quota and its window in seconds.',
    schema: { type: 'string', example: '"default";q=100;w=60, "address";q=1000;w=60' },
  },
} as const;

/** Adds each route's policies to the OpenAPI document, from the same source that the guard uses. */
@Injectable()
export class RateLimitDocumentation {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly routes: RoutePolicies,
    private readonly forwardAuthPolicies: ForwardAuthPolicies,
  ) {}

  /** Call this before creating the document. Throws when a route has an invalid decorator. */
  annotate(): void {
    for (const route of declaredRoutes(this.discovery, this.scanner)) {
      const set = this.policiesOf(route);
      const ofPrograms =
        route.scope === undefined && route.access?.kind !== 'client'
          ? set
          : this.routes.of(route.handler, route.controller, 'program');
      const policies = [...new Set([...set.policies, ...ofPrograms.policies])];
      if (policies.length > 0 && !route.isOperational) describeLimits(route, policies);
    }
  }

  /** Call this with the finished document: adds the header fields to each success and each 429 of a limited route. */
  complete(document: OpenAPIObject): void {
    describeHeaders(
      document,
      HEADERS,
      (status, _answer, operation) => EXTENSION in operation && (Number(status) < 400 || status === '429'),
    );
  }

  /** The limits of a rule of the gateway are not the route's, so they are not described. */
  private policiesOf({ access, handler, controller }: DeclaredRoute): PolicySet {
    if (access?.kind !== 'proxy') return this.routes.of(handler, controller);
    return this.forwardAuthPolicies.of({ rule: '', limits: [] }, { tokenFault: null, sessionIsOver: false });
  }
}

function describeLimits({ controller, name }: DeclaredRoute, policies: readonly Policy[]): void {
  const tightest = (policies.find(({ exact }) => exact) ?? policies[0]!).name;
  const sentences = policies.map(
    ({ name, limit, windowSeconds, keys }) =>
      `\`${name}\`: ${limit} per ${windowSeconds} s by ${keys.join(' and ')}`,
  );
  const decorate = applyDecorators(
    ApiTooManyRequestsResponse({
      description: `\`rate_limited\`: a policy is exhausted. ${sentences.join('; ')}.`,
      content: {
        [PROBLEM_JSON]: problemContent(
          [RateLimitErrors.rate_limited],
          new RateLimited([tightest], 0).occurrence,
        ),
      },
    }),
    ApiExtension(
      EXTENSION,
      policies.map(({ name, limit, windowSeconds }) => ({ name, limit, windowSeconds })),
    ),
  );
  const prototype = controller.prototype as object;
  decorate(prototype, name, Object.getOwnPropertyDescriptor(prototype, name));
}
