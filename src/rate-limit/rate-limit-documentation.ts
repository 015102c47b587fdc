import { applyDecorators, Injectable } from '@nestjs/common';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { ApiExtension, ApiTooManyRequestsResponse, type OpenAPIObject } from '@nestjs/swagger';
import { describeHeaders } from '../platform/http/openapi/answer-headers.js';
import { problemContent } from '../platform/http/openapi/describe-problems.js';
import { type DeclaredRoute, declaredRoutes } from '../platform/http/openapi/route-walk.js';
import { PROBLEM_JSON } from '../platform/http/problem-document.js';
import type { PolicySet } from './policies/policy-set.js';
import { RoutePolicies } from './policies/route-policies.js';
import { RateLimitErrors } from './rate-limit.errors.js';

const EXTENSION = 'x-rate-limit';

const HEADERS = {
  RateLimit: {
    description:
      'What is left of the tightest policy, and the seconds until there is more (IETF draft). Absent where a request is refused before its limits are looked at.',
    schema: { type: 'string', example: '"default";r=99;t=60' },
  },
  'RateLimit-Policy': {
    description: 'Every policy of the route: its quota and its window in seconds.',
    schema: { type: 'string', example: '"default";q=100;w=60, "address";q=1000;w=60' },
  },
} as const;

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
      if (set.policies.length > 0 && !route.isOperational) describeLimits(route, set);
    }
  }

  /** To be called with the finished document: the header fields of each success of a route that has limits, and of its 429. */
  complete(document: OpenAPIObject): void {
    describeHeaders(
      document,
      HEADERS,
      (status, _answer, operation) => EXTENSION in operation && (Number(status) < 400 || status === '429'),
    );
  }
}

function describeLimits({ controller, name }: DeclaredRoute, { policies }: PolicySet): void {
  const tightest = (policies.find(({ exact }) => exact) ?? policies[0]!).name;
  const sentences = policies.map(
    ({ name, limit, windowSeconds, keys }) =>
      `\`${name}\`: ${limit} per ${windowSeconds} s by ${keys.join(' and ')}`,
  );
  const decorate = applyDecorators(
    ApiTooManyRequestsResponse({
      description: `\`rate_limited\`: a policy is exhausted. ${sentences.join('; ')}.`,
      content: {
        [PROBLEM_JSON]: problemContent([RateLimitErrors.rate_limited], {
          extensions: { 'violated-policies': [tightest] },
        }),
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
