import { expect } from 'vitest';
import type { Tokens } from './accounts.js';
import type { TestApp } from './test-app.js';

/** A new key, as its creation is answered. */
export interface NewKey {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly hint: string;
  readonly createdAt: string;
  readonly expiresAt: string;
  readonly lastUsedAt: string | null;
  readonly key: string;
}

/** Creates a key in a session of its owner. */
export async function createKey(
  app: TestApp,
  { accessToken }: Pick<Tokens, 'accessToken'>,
  body: object = {},
): Promise<NewKey> {
  const answer = await app.call({
    url: '/users/me/api-keys',
    token: accessToken,
    body: { name: 'Nightly report', scopes: ['audit:read'], ...body },
  });
  expect(answer.statusCode, answer.body).toBe(201);
  return answer.json<NewKey>();
}
