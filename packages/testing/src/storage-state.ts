import type { StorageState, TestSession } from './types.js';

/** Where a page keeps that somebody is signed in. */
interface Place {
  /** The origin of the page; without one, only the cookies are given. */
  readonly origin: string | undefined;
  /** The `baseUrl` of its client. */
  readonly baseUrl: string;
}

/**
 * The state of a browser after a login by `@portcullis/client` in the cookie transport: the cookies, which scripts cannot see,
 * and the ids that the client keeps in `localStorage` to know that somebody is signed in. Throws a `TypeError` for an origin
 * that is no URL.
 */
export function storageStateOf(
  { cookies, session, user }: Pick<TestSession, 'cookies' | 'session' | 'user'>,
  { origin, baseUrl }: Place,
): StorageState {
  if (origin === undefined) return { cookies, origins: [] };
  const name = `portcullis:${baseUrl.replace(/\/+$/, '')}`;
  const value = JSON.stringify({ session: session.id, user: user.id, stamp: session.id });
  return { cookies, origins: [{ origin: new URL(origin).origin, localStorage: [{ name, value }] }] };
}
