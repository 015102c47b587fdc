import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { AdminErrors } from '../admin/admin.errors.js';
import { AuthErrors } from '../auth/auth.errors.js';
import { MachinesErrors } from '../machines/machines.errors.js';
import { describeOAuthErrors } from '../machines/oauth/oauth-documentation.js';
import { OAuthErrors } from '../machines/oauth/oauth.errors.js';
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
import { closeSchemas } from '../platform/http/openapi/closed-schemas.js';
import { describeProblems } from '../platform/http/openapi/describe-problems.js';
import { DOCUMENTATION_STYLE } from '../platform/http/openapi/documentation-style.js';
import { errorsPage } from '../platform/http/openapi/errors-page.js';
import { toOpenApi31 } from '../platform/http/openapi/openapi-31.js';
import { ProblemDto } from '../platform/http/openapi/problem.dto.js';
import { PROBLEMS } from '../platform/http/openapi/problems.decorator.js';
import { type DeclaredRoute, declaredRoutes } from '../platform/http/openapi/route-walk.js';
import { withoutDtoSuffix } from '../platform/http/openapi/schema-names.js';
import { OPERATIONAL } from '../platform/http/operational.decorator.js';
import { PROBLEM_JSON } from '../platform/http/problem-document.js';
import { publicPath } from '../platform/http/public-path.js';
import { isDocumentation } from '../platform/http/security-headers.js';
import { RateLimitDocumentation } from '../rate-limit/rate-limit-documentation.js';
import { MailErrors } from '../platform/mail/mail.errors.js';
import { SecretsErrors } from '../platform/secrets/secrets.errors.js';
import { RateLimitErrors } from '../rate-limit/rate-limit.errors.js';
import { UsersErrors } from '../users/users.errors.js';
import { describeSecurity, type Operation, secure } from './openapi-security.js';

const description = (
  base: string,
) => `Sign in once and get an access token that your API can verify offline. The service rejects it within one second of logout.

**Try it out here:** execute *POST /auth/register*, then *POST /auth/login*. With \`"tokenTransport": "cookie"\` the browser
keeps both tokens and the other routes work at once; with \`"body"\`, copy \`accessToken\` into *Authorize*. The routes under *audit*, *monitoring*, *administration* and *service accounts* require a role, which an operator can grant:
\`npm run admin -- users roles ada@example.com admin\`. *GET /audit/stream* never ends, so this page cannot show it: use \`curl -N\`.

Passkeys can be tried on [a page of their own](${base}/docs/passkey).

Errors are \`application/problem+json\` (RFC 9457), except those of *oauth* and of *GET /health/ready*. Programs should rely on \`code\`; see [all codes](${base}/docs/errors).
Every response, errors included, carries \`X-Request-Id\` and, except under *operation* and for this documentation, the rate limits in \`RateLimit\` and \`RateLimit-Policy\`. This document is also available as [OpenAPI 3.1](${base}/openapi.json).`;

const ROWS: readonly ProblemRow[] = [
  PlatformErrors,
  SessionErrors,
  AuthErrors,
  UsersErrors,
  MachinesErrors,
  RateLimitErrors,
  AdminErrors,
  MailErrors,
  SecretsErrors,
].flatMap((table) => Object.values(table));

/** Returns the OpenAPI 3.1 document of the application, generated from the decorators that the pipeline itself uses. */
export function openApiDocument(app: NestFastifyApplication, environment: Environment): OpenAPIObject {
  const limits = app.get(RateLimitDocumentation, { strict: false });
  limits.annotate();
  const routes = declaredRoutes(app.get(DiscoveryService), app.get(MetadataScanner));
  for (const route of routes) describeProblems(route, problemsOf(route));

  const builder = new DocumentBuilder()
    .setTitle('Portcullis')
    .setDescription(description(publicPath(environment.PUBLIC_URL)))
    .addServer(environment.PUBLIC_URL.replace(/\/+$/, ''))
    .setVersion(productVersion())
    .setLicense('MIT', 'https://opensource.org/license/mit')
    .addTag('auth', 'Registration, login, token refresh, logout.')
    .addTag('users', 'The signed-in account.')
    .addTag('api keys', 'Keys with which programs call.')
    .addTag('service accounts', 'Accounts of programs.')
    .addTag(
      'oauth',
      'Access tokens of service accounts (OAuth 2.0). Forms instead of JSON, errors as in RFC 6749.',
    )
    .addTag('administration', 'The accounts of other people, for administrators.')
    .addTag('keys', 'Public keys for verifying access tokens offline.')
    .addTag('rate limits', 'The rate limits of this service.')
    .addTag('audit', 'The audit trail, and proof that it was not altered.')
    .addTag('gateway', 'Forward-auth requests of proxies, about requests to applications behind them.')
    .addTag('monitoring', 'Security alerts and how they were resolved.')
    .addTag('operation', 'Endpoints for supervisors, load balancers and Prometheus.');
  const config = describeSecurity(builder, environment).build();
  const document = SwaggerModule.createDocument(app, config, {
    operationIdFactory: (_controller, method) => method,
  });
  for (const route of routes) keepOneMethod(document, route);
  for (const route of routes) secure(operationOf(document, route), route);
  document.paths = inReadingOrder(document.paths);
  limits.complete(document);
  closeSchemas(document);
  nameCodes(document);
  describeHeaders(document, REQUEST_ID_HEADER, isSuccess);
  describeHeaders(document, RETRY_HEADER, isWorthRetrying);
  for (const { path, access } of routes) {
    const operation = document.paths[templateOf(path)]?.post;
    if (access?.kind === 'client' && operation)
      describeOAuthErrors(operation.responses as Parameters<typeof describeOAuthErrors>[0], [
        ...ROWS,
        ...Object.values(OAuthErrors),
      ]);
  }
  return toOpenApi31(withoutDtoSuffix(document));
}

/** A route for all methods is described once, by the method that proxies ask with. */
function keepOneMethod({ paths }: OpenAPIObject, { path, method }: DeclaredRoute): void {
  const template = templateOf(path);
  const get = paths[template]?.get;
  if (method === 'ALL' && get) paths[template] = { get };
}

/** The description of a route. */
function operationOf({ paths }: OpenAPIObject, { path, method }: DeclaredRoute): Operation | undefined {
  return paths[templateOf(path)]?.[method === 'ALL' ? 'get' : (method.toLowerCase() as 'get')];
}

const templateOf = (path: string) => path.replaceAll(/:(\w+)/g, '{$1}');

/** Moves the routes that a newcomer needs first to the top; a tag lists its routes in the document's order. */
function inReadingOrder(paths: OpenAPIObject['paths']): OpenAPIObject['paths'] {
  const first = ['/auth/register', '/auth/login', '/users/me'].map((path) => [path, paths[path]!] as const);
  return Object.fromEntries([...first, ...Object.entries(paths)]);
}

/** Lists every value of `code`, so that a client's compiler finds a mistyped one. */
function nameCodes(document: OpenAPIObject): void {
  const { properties } = document.components!.schemas![ProblemDto.name] as { properties: { code: object } };
  Object.assign(properties.code, { enum: ROWS.map(({ code }) => code).sort() });
}

/** Serves the document and Swagger UI. The page has no inline script, so that its CSP can stay strict. */
export function serveDocumentation(app: NestFastifyApplication, environment: Environment): void {
  const fastify = app.getHttpAdapter().getInstance();
  const base = publicPath(environment.PUBLIC_URL);
  fastify.addHook('onRoute', (route) => {
    if (isDocumentation(route.url)) route.config = { ...route.config, ...OPERATIONAL };
    // Under this name, Swagger UI would look for its assets one folder too deep.
    if (route.url === '/docs/index.html') route.handler = (_request, reply) => reply.redirect(`${base}/docs`);
  });
  let document: OpenAPIObject | undefined;
  let json: string | undefined;
  const documentOnce = () => (document ??= openApiDocument(app, environment));
  fastify.get('/openapi.json', { config: OPERATIONAL }, (_request, reply) =>
    reply.type('application/json').send((json ??= JSON.stringify(documentOnce()))),
  );
  fastify.get('/favicon.ico', { config: OPERATIONAL }, (_request, reply) =>
    reply.redirect(`${base}/docs/favicon-32x32.png`),
  );
  // "Try it out" sends requests to the host that the page was loaded from, which may differ from PUBLIC_URL.
  const documentOfPage = () => ({ ...documentOnce(), servers: [{ url: base === '' ? '/' : base }] });
  SwaggerModule.setup('docs', app, documentOfPage, {
    raw: ['yaml'],
    yamlDocumentUrl: 'docs/openapi.yaml',
    customSiteTitle: 'Portcullis API',
    customCss: DOCUMENTATION_STYLE,
    swaggerOptions: {
      persistAuthorization: true,
      displayRequestDuration: true,
      tryItOutEnabled: true,
      defaultModelsExpandDepth: 0,
    },
  });
}

/** Serves the page that the `type` of a problem links to, even if the rest of the documentation is disabled. */
export function serveErrors(app: NestFastifyApplication): void {
  const page = errorsPage(ROWS);
  app
    .getHttpAdapter()
    .getInstance()
    .get('/docs/errors', { config: OPERATIONAL }, (_request, reply) => reply.type('text/html').send(page));
}

function problemsOf({
  method,
  access,
  isRecent,
  scope,
  handler,
  isOperational,
}: DeclaredRoute): ProblemRow[] {
  const declared = (Reflect.getMetadata(PROBLEMS, handler) ?? []) as ProblemRow[];
  if (isOperational) return declared;
  if (access?.kind === 'proxy')
    return [...declared, PlatformErrors.dependency_unavailable, PlatformErrors.internal];
  if (access?.kind === 'client')
    return [
      OAuthErrors.invalid_request,
      OAuthErrors.invalid_client,
      ...(access.bearer ? [SessionErrors.invalid_token, SessionErrors.forbidden] : []),
      ...(access.bearer && scope !== undefined ? [OAuthErrors.unauthorized_client] : []),
      SessionErrors.csrf_rejected,
      ...declared,
      PlatformErrors.payload_too_large,
      PlatformErrors.dependency_unavailable,
      PlatformErrors.internal,
    ];
  const { malformed_request, validation_failed, payload_too_large, unsupported_media_type } = PlatformErrors;
  const changes = method !== 'GET';
  return [
    ...new Set([
      ...(changes ? [malformed_request, validation_failed, payload_too_large, unsupported_media_type] : []),
      ...(access?.kind === 'public'
        ? []
        : [SessionErrors.unauthenticated, SessionErrors.invalid_token, SessionErrors.session_ended]),
      ...(isRecent ? [SessionErrors.insufficient_user_authentication] : []),
      ...(access?.kind === 'roles' || scope !== undefined ? [SessionErrors.forbidden] : []),
      ...(changes ? [SessionErrors.csrf_rejected] : []),
      ...declared,
      PlatformErrors.dependency_unavailable,
      PlatformErrors.internal,
    ]),
  ];
}

/** Errors have the common header fields too, but repeating them for each error would hide the description. */
const isSuccess = (status: string) => Number(status) < 400;

const isWorthRetrying = (status: string, { content }: Answer) =>
  (status === '429' || status === '503') && content !== undefined && PROBLEM_JSON in content;
