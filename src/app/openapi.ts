import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { AdminErrors } from '../admin/admin.errors.js';
import { AuthErrors } from '../auth/auth.errors.js';
import { SessionErrors } from '../sessions/session.errors.js';
import type { Environment } from '../platform/config/environment.js';
import { productVersion } from '../platform/config/product-version.js';
import { PlatformErrors } from '../platform/errors/platform.errors.js';
import type { ProblemRow } from '../platform/errors/problem.js';
import {
  type Answer,
  describeHeaders,
  REQUEST_ID_HEADER,
  RETRY_HEADER,
} from '../platform/http/openapi/answer-headers.js';
import { describeProblems } from '../platform/http/openapi/describe-problems.js';
import { errorsPage } from '../platform/http/openapi/errors-page.js';
import { toOpenApi31 } from '../platform/http/openapi/openapi-31.js';
import { ProblemDto } from '../platform/http/openapi/problem.dto.js';
import { PROBLEMS } from '../platform/http/openapi/problems.decorator.js';
import { type DeclaredRoute, declaredRoutes } from '../platform/http/openapi/route-walk.js';
import { withoutDtoSuffix } from '../platform/http/openapi/schema-names.js';
import { isOperational } from '../platform/http/operational-routes.js';
import { PROBLEM_JSON } from '../platform/http/problem-document.js';
import { RateLimitDocumentation } from '../rate-limit/rate-limit-documentation.js';
import { RateLimitErrors } from '../rate-limit/rate-limit.errors.js';
import { UsersErrors } from '../users/users.errors.js';

const DESCRIPTION = `Sign in once, get an access token that your API can verify offline, and that is dead here within a second of the logout.

**Try it out here:** press *POST /auth/register*, then *POST /auth/login*. With \`"tokenTransport": "cookie"\` the browser
keeps both tokens and the other routes work at once; with \`"body"\`, copy \`accessToken\` into *Authorize*. What is under *audit* and *monitoring* takes a role, which an operator gives:
\`npm run admin -- users roles ada@example.com admin\`.

Errors are \`application/problem+json\` (RFC 9457); programs go by \`code\`: [all of them](/docs/errors). Every answer carries \`X-Request-Id\`, and the
rate limits in \`RateLimit\` and \`RateLimit-Policy\`. This document itself: [OpenAPI 3.1](/openapi.json).`;

const BEARER =
  'The `accessToken` of a login with `"tokenTransport": "body"`. It wins over a cookie when both are sent.';
const COOKIE =
  'Sign in with `"tokenTransport": "cookie"`; the browser keeps the cookie and sends it by itself, out of reach of scripts. There is nothing to fill in here.';
const METRICS =
  'The value of `METRICS_TOKEN`. An installation without one answers its own machine only, and asks for none.';

const ROWS: readonly ProblemRow[] = [
  PlatformErrors,
  SessionErrors,
  AuthErrors,
  UsersErrors,
  RateLimitErrors,
  AdminErrors,
].flatMap((table) => Object.values(table));

/** The OpenAPI 3.1 document of the application, made from the decorators that the pipeline itself obeys. */
export function openApiDocument(app: NestFastifyApplication, environment: Environment): OpenAPIObject {
  const limits = app.get(RateLimitDocumentation, { strict: false });
  limits.annotate();
  const routes = declaredRoutes(app.get(DiscoveryService), app.get(MetadataScanner));
  for (const route of routes) describeProblems(route, problemsOf(route));

  const prefix = environment.COOKIE_SECURE ? '__Host-' : '';
  const config = new DocumentBuilder()
    .setTitle('Portcullis')
    .setDescription(DESCRIPTION)
    .setVersion(productVersion())
    .setLicense('MIT', 'https://opensource.org/license/mit')
    .addTag('auth', 'Accounts, sign-in, the next tokens, sign-out.')
    .addTag('users', 'The account that is signed in.')
    .addTag('keys', 'What anyone needs to verify access tokens offline.')
    .addTag('rate limits', 'How much the service allows.')
    .addTag('audit', 'What happened, and the proof that nobody has edited it.')
    .addTag('monitoring', 'Alerts, and what became of them.')
    .addTag('operation', 'For supervisors, balancers and Prometheus.')
    .addBearerAuth({ type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: BEARER }, 'bearer')
    .addCookieAuth(`${prefix}access_token`, { type: 'apiKey', in: 'cookie', description: COOKIE }, 'cookie')
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: METRICS }, 'metrics')
    .build();
  const document = SwaggerModule.createDocument(app, config, {
    operationIdFactory: (_controller, method) => method,
  });
  for (const route of routes) secure(document, route);
  limits.complete(document);
  nameCodes(document);
  describeHeaders(document, REQUEST_ID_HEADER, () => true);
  describeHeaders(document, RETRY_HEADER, isWorthRetrying);
  return toOpenApi31(withoutDtoSuffix(document));
}

/** All that `code` can be, so that a client's compiler finds a mistyped one. */
function nameCodes(document: OpenAPIObject): void {
  const { properties } = document.components!.schemas![ProblemDto.name] as { properties: { code: object } };
  Object.assign(properties.code, { enum: ROWS.map(({ code }) => code).sort() });
}

/** Serves the document and Swagger UI. The page carries no script of its own, so that its CSP can stay strict. */
export function serveDocumentation(app: NestFastifyApplication, environment: Environment): void {
  const fastify = app.getHttpAdapter().getInstance();
  // Under this name Swagger UI's page would look for its parts one folder too deep.
  fastify.addHook('onRoute', (route) => {
    if (route.url === '/docs/index.html') route.handler = (_request, reply) => reply.redirect('/docs');
  });
  SwaggerModule.setup('docs', app, () => openApiDocument(app, environment), {
    jsonDocumentUrl: 'openapi.json',
    yamlDocumentUrl: 'docs/openapi.yaml',
    customSiteTitle: 'Portcullis API',
    swaggerOptions: { persistAuthorization: true, displayRequestDuration: true, tryItOutEnabled: true },
  });
}

/** Serves what the `type` of a problem leads to, also where the rest of the documentation is off. */
export function serveErrors(app: NestFastifyApplication): void {
  const page = errorsPage(ROWS);
  app
    .getHttpAdapter()
    .getInstance()
    .get('/docs/errors', (_request, reply) => reply.type('text/html').send(page));
}

function problemsOf({ method, path, access, handler }: DeclaredRoute): ProblemRow[] {
  const declared = (Reflect.getMetadata(PROBLEMS, handler) ?? []) as ProblemRow[];
  if (isOperational(path)) return declared;
  const { malformed_request, validation_failed, payload_too_large, unsupported_media_type } = PlatformErrors;
  const changes = method !== 'GET';
  return [
    ...new Set([
      ...(changes ? [malformed_request, validation_failed, payload_too_large, unsupported_media_type] : []),
      ...(access?.kind === 'public'
        ? []
        : [SessionErrors.unauthenticated, SessionErrors.invalid_token, SessionErrors.session_ended]),
      ...(access?.kind === 'roles' ? [SessionErrors.forbidden] : []),
      ...(changes ? [SessionErrors.csrf_rejected] : []),
      ...declared,
      PlatformErrors.dependency_unavailable,
      PlatformErrors.internal,
    ]),
  ];
}

/** What the pipeline asks of a route's callers, which it reads from other decorators than the document's generator. */
function secure(document: OpenAPIObject, { path, method, access }: DeclaredRoute): void {
  const operation = document.paths[path.replaceAll(/:(\w+)/g, '{$1}')]?.[method.toLowerCase() as 'get'];
  if (!operation || access?.kind === 'public') return;
  operation.security = [{ bearer: [] }, { cookie: [] }];
  if (access?.kind === 'roles') operation.description += `\n\nFor: ${access.anyOf.join(', ')}.`;
}

const isWorthRetrying = (status: string, { content }: Answer) =>
  (status === '429' || status === '503') && content !== undefined && PROBLEM_JSON in content;
