import { expect, it, onTestFinished } from 'vitest';
import { startApp } from '../support/app/test-app.js';

it('where the documentation is off, the type of a problem still leads to what it means', async () => {
  const app = await startApp({ variables: { DOCS_ENABLED: 'false' } });
  onTestFinished(() => app.close());
  const { type } = (await app.call({ url: '/users/me' })).json<{ type: string }>();
  const page = await app.call({ url: type.split('#')[0]! });
  expect(page.statusCode).toBe(200);
  expect(page.body).toContain(`id="${type.split('#')[1]}"`);
  for (const url of ['/docs', '/openapi.json', '/docs/openapi.yaml'])
    expect((await app.call({ url })).statusCode).toBe(404);
});
