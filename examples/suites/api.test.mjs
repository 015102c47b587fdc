import { once } from 'node:events';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createApi } from './api.mjs';
import { startPortcullis } from './portcullis.mjs';

let portcullis;
let server;
let now = () => new Date();
beforeAll(async () => {
  portcullis = await startPortcullis();
  server = createApi({ issuer: portcullis.url, now: () => now() });
  await once(server.listen(0, '127.0.0.1'), 'listening');
}, 60_000);
afterAll(async () => {
  server?.close();
  await portcullis?.stop();
});

const call = (token) =>
  fetch(`http://127.0.0.1:${server.address().port}/`, {
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
  });

test('greets whoever is signed in', async () => {
  const ada = await portcullis.person();
  const { accessToken } = await portcullis.session(ada);
  const answer = await call(accessToken);
  expect(answer.status).toBe(200);
  expect(await answer.json()).toEqual({ hello: ada.user.id });
});

test('refuses whoever is not', async () => {
  const { accessToken } = await portcullis.session(await portcullis.person());
  const [header, payload, signature] = accessToken.split('.');
  expect((await call()).status).toBe(401);
  expect((await call(`${header}.${payload}.${signature.split('').toReversed().join('')}`)).status).toBe(401);
});

test('refuses a token that has expired', async () => {
  const { accessToken } = await portcullis.session(await portcullis.person());
  const later = await portcullis.clock({ advance: '31m' });
  now = () => later;
  expect((await call(accessToken)).status).toBe(401);
  await portcullis.clock({});
  now = () => new Date();
});
