import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import type { Environment } from '../platform/config/environment.js';
import { DOCUMENTATION_STYLE } from '../platform/http/openapi/documentation-style.js';
import { errorsPage } from '../platform/http/openapi/errors-page.js';
import { OPERATIONAL } from '../platform/http/routes/operational.decorator.js';
import { publicPath } from '../platform/http/routes/public-path.js';
import { isDocumentation } from '../platform/http/security-headers.js';
import { openApiDocument } from './openapi.js';
import { ROWS } from './openapi-problems.js';

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
    // Nest would compose the JSON or the YAML anew for each request.
    raw: false,
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
