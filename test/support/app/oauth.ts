import type { LightMyRequestResponse } from 'fastify';
import { insist } from './insist.js';
import type { Machine } from './service-accounts.js';
import type { TestApp } from './test-app.js';

/** What a request to an OAuth endpoint sends. */
export interface OAuthRequest {
  /** Sent in `Authorization: Basic`. */
  readonly client?: Pick<Machine, 'id' | 'key'>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly query?: string;
}

/** Sends a form to an OAuth endpoint. */
export async function postForm(
  app: TestApp,
  path: string,
  form: Readonly<Record<string, string>> | string,
  { client, headers = {}, query = '' }: OAuthRequest = {},
): Promise<LightMyRequestResponse> {
  return app.call({
    method: 'POST',
    url: `${path}${query}`,
    body: typeof form === 'string' ? form : new URLSearchParams(form).toString(),
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      ...(client && { authorization: basic(client.id, client.key) }),
      ...headers,
    },
  });
}

/** Returns the field of RFC 7617 for an id and a secret that need no encoding. */
export function basic(id: string, secret: string): string {
  return `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;
}

/** Gets an access token for a key of a service account. */
export async function clientToken(app: TestApp, client: Machine, scope?: string): Promise<string> {
  const form = { grant_type: 'client_credentials', ...(scope !== undefined && { scope }) };
  const answer = await insist(() => postForm(app, '/oauth/token', form, { client }));
  if (answer.statusCode !== 200)
    throw new Error(`The token was answered ${answer.statusCode}: ${answer.body}`);
  return answer.json<{ access_token: string }>().access_token;
}

/** Returns the claims of a JWT without verifying it. */
export function claimsOf(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()) as Record<string, unknown>;
}
