import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { describeOAuthErrors } from '../machines/oauth/oauth-documentation.js';
import { OAuthErrors } from '../machines/oauth/oauth.errors.js';
import type { Environment } from '../platform/config/environment.js';
import { productVersion } from '../platform/config/product-version.js';
import {
  describeHeaders,
  REQUEST_ID_HEADER,
  type ResponseObject,
  RETRY_HEADER,
} from '../platform/http/openapi/answer-headers.js';
import { closeSchemas } from '../platform/http/openapi/closed-schemas.js';
import { describeProblems } from '../platform/http/openapi/describe-problems.js';
import { toOpenApi31 } from '../platform/http/openapi/openapi-31.js';
import { ProblemDto } from '../platform/http/openapi/problem.dto.js';
import { type DeclaredRoute, declaredRoutes } from '../platform/http/routes/route-walk.js';
import { withoutDtoSuffix } from '../platform/http/openapi/schema-names.js';
import { PROBLEM_JSON } from '../platform/http/problems/problem-document.js';
import { publicPath } from '../platform/http/routes/public-path.js';
import { RateLimitDocumentation } from '../rate-limit/rate-limit-documentation.js';
import { descriptionOf, TAGS } from './openapi-description.js';
import { problemsOf, ROWS } from './openapi-problems.js';
import { describeSecurity, type Operation, secure } from './openapi-security.js';

/** Returns the OpenAPI 3.1 document of the application, generated from the decorators that the pipeline itself uses. */
export function openApiDocument(app: NestFastifyApplication, environment: Environment): OpenAPIObject {
  const limits = app.get(RateLimitDocumentation, { strict: false });
  limits.annotate();
  const routes = declaredRoutes(app.get(DiscoveryService), app.get(MetadataScanner));
  for (const route of routes) describeProblems(route, problemsOf(route));

  const builder = new DocumentBuilder()
    .setTitle('Portcullis')
    .setDescription(descriptionOf(publicPath(environment.PUBLIC_URL)))
    .addServer(environment.PUBLIC_URL.replace(/\/+$/, ''))
    .setVersion(productVersion())
    .setLicense('MIT', 'https://opensource.org/license/mit');
  for (const [name, purpose] of TAGS) builder.addTag(name, purpose);
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

/** Errors have the common header fields too, but repeating them for each error would hide the description. */
const isSuccess = (status: string) => Number(status) < 400;

const isWorthRetrying = (status: string, { content }: ResponseObject) =>
  (status === '429' || status === '503') && content !== undefined && PROBLEM_JSON in content;
