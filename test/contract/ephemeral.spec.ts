import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RouteTable } from '../../src/platform/http/routes/route-table.js';
import { startApp, type TestApp } from '../support/app/test-app.js';

const ROUTES = ['/test/users', '/test/sessions', '/test/clock', '/test/reset'];

/** Prints the modules that a program loads, until it fails for want of a configuration. */
const TRACE = `data:text/javascript,${encodeURIComponent(`
  import { registerHooks } from 'node:module';
  registerHooks({ load(url, context, next) { process.stdout.write(url + '\\n'); return next(url, context); } });
`)}`;

/** Returns the modules of `src` in the files that a program loads; the bundle names each above its code. */
function modulesOf(program: string, ...words: string[]): string[] {
  const entry = resolve('dist/service', program);
  const { stdout } = spawnSync(process.execPath, ['--import', TRACE, entry, ...words], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], NODE_ENV: 'production', DATABASE_URL: 'nonsense' },
  });
  const files = stdout
    .split('\n')
    .filter((url) => url.startsWith(pathToFileURL(resolve('dist/service')).href));
  const own = files.flatMap(
    (url) => readFileSync(new URL(url), 'utf8').match(/^\/\/ dist\/src\/.*$/gm) ?? [],
  );
  expect(own.length).toBeGreaterThan(50);
  return own;
}

describe('What only start:ephemeral has', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp();
  });
  afterAll(() => app.close());

  it.each(ROUTES)('is not in the route table of another start: %s', async (url) => {
    expect((await app.call({ url, body: {} })).statusCode).toBe(404);
    expect(app.app.get(RouteTable).methodsOf(url)).toEqual([]);
  });

  it('is not in openapi.json', () => {
    const { paths } = JSON.parse(readFileSync('openapi.json', 'utf8')) as { paths: Record<string, unknown> };
    expect(Object.keys(paths).filter((path) => path.startsWith('/test'))).toEqual([]);
  });

  it.each([['main.js'], ['admin.js', 'users', 'list'], ['audit-verify.js']])(
    'is not loaded by another program: %s',
    (program, ...words) => {
      expect(
        modulesOf(program, ...words).filter((url) => /\/src\/ephemeral\/|\/cli\/ephemeral/.test(url)),
      ).toEqual([]);
    },
  );
});
