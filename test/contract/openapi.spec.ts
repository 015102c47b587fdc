import type { INestApplication } from '@nestjs/common';
import type { OpenAPIObject } from '@nestjs/swagger';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Environment } from '../../src/platform/config/environment.js';
import { clientGenerator } from '../support/packages/client-generator.js';
import { freshDatabase, type FreshDatabase } from '../support/postgres/fresh-database.js';

interface Built {
  readonly createApp: (environment: Environment) => Promise<INestApplication>;
  readonly loadEnvironment: (variables: Record<string, string>, folder: string) => Environment;
  readonly openApiDocument: (app: INestApplication, environment: Environment) => OpenAPIObject;
}

/** The compiled service, because only the plugin of the compiler derives descriptions from comments. */
async function built(): Promise<Built> {
  const load = async (file: string) =>
    (await import(/* @vite-ignore */ pathToFileURL(join('dist/src', file)).href)) as object;
  const parts = ['app/process.js', 'platform/config/load-environment.js', 'app/openapi.js'];
  return Object.assign({}, ...(await Promise.all(parts.map(load)))) as Built;
}

describe('the OpenAPI document', () => {
  let database: FreshDatabase;
  let folder: string;
  let app: INestApplication;
  let document: OpenAPIObject;

  beforeAll(async () => {
    const { createApp, loadEnvironment, openApiDocument } = await built();
    database = await freshDatabase();
    folder = await mkdtemp(join(tmpdir(), 'portcullis-openapi-'));
    const environment = loadEnvironment(
      {
        NODE_ENV: 'test',
        DATA_DIR: folder,
        DATABASE_URL: database.url,
        DATABASE_MIGRATION_URL: database.ownerUrl,
        LOG_LEVEL: 'silent',
        DOCS_ENABLED: 'false',
        JWT_ALGORITHM: 'ES256',
      },
      folder,
    );
    app = await createApp(environment);
    await app.init();
    document = openApiDocument(app, environment);
  });
  afterAll(async () => {
    await app.close();
    await database.drop();
    await rm(folder, { recursive: true, force: true });
  });

  const operations = () =>
    Object.entries(document.paths).flatMap(([path, item]) =>
      Object.entries(item).map(([method, operation]) => ({
        name: `${method} ${path}`,
        operation: operation as never,
      })),
    ) as {
      name: string;
      operation: Record<string, unknown> & {
        responses: Record<string, { description?: string; headers?: object }>;
      };
    }[];

  it('is the committed one; `npm run generate` updates it', async () => {
    await expect(`${JSON.stringify(document, null, 2)}\n`).toMatchFileSnapshot('../../openapi.json');
  });

  it('gives the generated modules of @portcullis/client; `npm run generate` updates them', async () => {
    const { generatedModules } = await clientGenerator();
    for (const [name, module] of Object.entries(await generatedModules(structuredClone(document))))
      await expect(module).toMatchFileSnapshot(`../../packages/client/src/generated/${name}`);
  });

  it('names its server, and a tag of its own for every route', () => {
    expect(document.servers).toEqual([{ url: 'http://localhost:3000' }]);
    const used = operations().map(({ operation }) => (operation['tags'] as string[])[0]!);
    expect(document.tags?.map(({ name }) => name).toSorted()).toEqual([...new Set<string>(used)].toSorted());
  });

  it('declares the parameters of every path, and uses every component', () => {
    for (const { name, operation } of operations()) {
      const declared = (operation['parameters'] as { in: string; name: string }[]).filter(
        (one) => one.in === 'path',
      );
      expect(declared.map((one) => `{${one.name}}`).toSorted(), name).toEqual(
        (name.match(/\{\w+\}/g) ?? []).toSorted(),
      );
    }
    const references = new Set<string>(
      [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, pointer]) => pointer!),
    );
    const { schemas, headers } = document.components!;
    expect([...references].toSorted()).toEqual(
      [
        ...Object.keys(schemas!).map((name) => `#/components/schemas/${name}`),
        ...Object.keys(headers!).map((name) => `#/components/headers/${name}`),
      ].toSorted(),
    );
  });

  it('gives every parameter a type, and tells where every redirect leads', () => {
    for (const { name, operation } of operations()) {
      for (const { schema } of operation['parameters'] as { schema: object }[])
        expect(Object.keys(schema), name).toContain('$ref' in schema ? '$ref' : 'type');
      for (const [status, { headers }] of Object.entries(operation.responses))
        expect('Location' in (headers ?? {}), `${name} ${status}`).toBe(/^30[1237]$/.test(status));
    }
  });

  it('changes nothing that locks somebody out by the example of a change of an account', () => {
    expect(document.paths['/admin/users/{id}']?.patch?.requestBody).toMatchObject({
      content: { 'application/json': { examples: { name: { value: { displayName: 'Ada Lovelace' } } } } },
    });
  });

  it('gives no example of a cursor, which would be a faulty one when it is tried out', () => {
    const parameters = operations().flatMap(
      ({ operation }) => operation['parameters'] as { name: string; example?: unknown; schema: object }[],
    );
    const cursors = parameters.filter(({ name }) => name === 'cursor' || name === 'after');
    expect(cursors.length).toBeGreaterThan(3);
    for (const cursor of cursors)
      expect([cursor.name, 'example' in cursor || 'example' in cursor.schema]).toEqual([cursor.name, false]);
  });

  it('closes every body, and every alternative of an answer, so that one of them matches', () => {
    const schemaOf = (name: string) => document.components!.schemas![name] as Record<string, unknown>;
    const named = (value: unknown) =>
      [...JSON.stringify(value ?? null).matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(
        ([, name]) => name!,
      );
    const bodies = operations().flatMap(({ operation }) => named(operation['requestBody']));
    const alternatives = operations().flatMap(({ operation }) =>
      Object.values(operation.responses).flatMap((answer) =>
        Object.values(
          (answer as { content?: Record<string, { schema?: { oneOf?: object[] } }> }).content ?? {},
        ),
      ),
    );
    const answers = alternatives.flatMap(({ schema }) => named(schema?.oneOf));
    expect(bodies).toEqual(expect.arrayContaining(['Login', 'Register', 'RefreshToken']));
    expect(new Set(answers)).toEqual(new Set(['CookieSignedIn', 'BodySignedIn']));
    for (const name of [...bodies, ...answers])
      expect(schemaOf(name), name).toHaveProperty('additionalProperties');
  });

  it('describes the purpose of every route, and the meaning of every response', () => {
    for (const { name, operation } of operations()) {
      expect(operation['summary'], name).toBeTruthy();
      expect(operation['description'], name).toMatch(/\.$/);
      expect(operation['tags'], name).toHaveLength(1);
      const responses = Object.entries(operation.responses);
      for (const [status, { description }] of responses)
        expect(description, `${name} ${status}`).toBeTruthy();
      for (const [status, { headers }] of responses.filter(([code]) => Number(code) < 400))
        expect(headers, `${name} ${status}`).toHaveProperty('X-Request-Id');
    }
  });

  it('lists for errors only their own header fields, not those of every response', () => {
    for (const { name, operation } of operations()) {
      for (const [status, { headers = {} }] of Object.entries(operation.responses)) {
        if (Number(status) < 400) continue;
        const own = [
          'WWW-Authenticate',
          'Retry-After',
          ...(status === '429' ? ['RateLimit', 'RateLimit-Policy'] : []),
        ];
        expect(own, `${name} ${status}`).toEqual(expect.arrayContaining(Object.keys(headers)));
      }
    }
  });

  it('lists the credentials that each route reads; public routes read none', () => {
    const security = Object.fromEntries(
      operations().map(({ name, operation }) => [name, operation['security']]),
    );
    const signedIn = [{ bearer: [] }, { cookie: [] }];
    expect(security).toMatchObject({
      'post /auth/login': [],
      'post /auth/register': [],
      'post /auth/refresh': [],
      'post /auth/logout': expect.arrayContaining([...signedIn, {}]) as unknown,
      'post /auth/email/verify': expect.arrayContaining([...signedIn, {}]) as unknown,
      'get /rate-limits': [],
      'get /.well-known/jwks.json': [],
      'get /health/live': [],
      'get /metrics': [{ metrics: [] }],
      'get /users/me': signedIn,
    });
    for (const [name, alternatives] of Object.entries(security)) expect(alternatives, name).toBeDefined();
  });

  it('says of a route that requires a recent proof how to give it, and that the token of metrics is no JWT', () => {
    expect(document.paths['/users/me/api-keys']?.post?.description).toContain(
      'Requires a recent proof of identity (`POST /auth/step-up`).',
    );
    expect(document.paths['/users/me/api-keys']?.get?.description).not.toContain('recent proof');
    expect(document.components?.securitySchemes?.['metrics']).not.toHaveProperty('bearerFormat');
  });

  it('shows ids of alerts as they are: derived, without a time', () => {
    const { Alert } = document.components!.schemas as Record<
      string,
      { properties: { id: { example: string } } }
    >;
    expect(Alert!.properties.id.example).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
  });

  it('gives every operation a unique name for generated clients', () => {
    const ids = operations().map(({ operation }) => operation['operationId'] as string);
    expect(ids.toSorted()).toEqual([...new Set(ids)].toSorted());
    for (const id of ids) expect(id).toMatch(/^[a-z]+([A-Z][a-z]+)+$/);
  });

  it('documents the remaining requests for limited routes, and the wait after a refusal', () => {
    for (const { name, operation } of operations().filter(({ operation: one }) => '429' in one.responses)) {
      for (const [status, { headers }] of Object.entries(operation.responses)) {
        if (Number(status) >= 400 && status !== '429') continue;
        expect(Object.keys(headers ?? {}), `${name} ${status}`).toEqual(
          expect.arrayContaining(['RateLimit', 'RateLimit-Policy']),
        );
      }
      expect(operation.responses['429']?.headers, name).toHaveProperty('Retry-After');
    }
  });

  it('describes every member of every body', () => {
    for (const [name, schema] of Object.entries(document.components?.schemas ?? {})) {
      for (const [member, property] of Object.entries(('properties' in schema && schema.properties) || {})) {
        const said =
          'description' in property || 'example' in property || 'enum' in property || '$ref' in property;
        const composed =
          'allOf' in property || 'items' in property || 'oneOf' in property || 'format' in property;
        expect(said || composed, `${name}.${member}`).toBe(true);
      }
    }
  });
});
