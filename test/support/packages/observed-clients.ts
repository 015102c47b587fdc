import { expect } from 'vitest';
import { createClient, type ProblemError } from '../../../packages/client/src/index.js';
import type { ClientOptions, TokenStorage } from '../../../packages/client/src/types.js';
import { PASSWORD, register } from '../app/accounts.js';
import { asSuperuser } from '../app/as-superuser.js';
import { startApp, type TestApp } from '../app/test-app.js';
import { ManualClock } from '../time/manual-clock.js';

/** Web Storage's functions, with promises. */
export class SlowStorage implements TokenStorage {
  readonly values = new Map<string, string>();
  getItem = (key: string) => Promise.resolve(this.values.get(key) ?? null);
  setItem = (key: string, value: string) => Promise.resolve(this.values.set(key, value));
  removeItem = (key: string) => Promise.resolve(this.values.delete(key));
}

/** An answer of the service that refuses a request. */
export const problem = (
  status: number,
  code: string,
  headers: Record<string, string> = {},
  extensions: object = {},
) =>
  new Response(JSON.stringify({ status, code, detail: `It is ${code}.`, ...extensions }), {
    status,
    headers: { 'content-type': 'application/problem+json', ...headers },
  });

/** What a promise was rejected with. */
export const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.fail('It did not fail.'),
    (error: unknown) => error as ProblemError,
  );

/** Clients in the body transport whose requests are recorded, and the service they use. */
export class ObservedClients {
  readonly clock = new ManualClock(Date.now());
  /** Method and path of every request. */
  readonly sent: string[] = [];
  /** What is answered to the next requests instead of the service's answer. */
  readonly answers: (() => Response | Error)[] = [];
  readonly reasons: string[] = [];
  private started: TestApp | null = null;

  get app(): TestApp {
    return this.started!;
  }

  readonly start = async (): Promise<void> => {
    const variables = { RATE_LIMIT_LOGIN_ADDRESS: 'off' };
    this.started = await startApp({ clock: this.clock, listen: true, variables });
  };

  readonly stop = (): Promise<void> => this.app.close();

  readonly reset = (): void => {
    this.sent.length = this.answers.length = this.reasons.length = 0;
  };

  readonly client = (options: Partial<ClientOptions<'body'>> = {}) =>
    createClient({
      baseUrl: `${this.app.url}/`,
      transport: 'body',
      onSignedOut: (reason) => this.reasons.push(reason),
      fetch: async (url, init) => {
        this.sent.push(`${init?.method} ${(url as string).slice(this.app.url.length)}`);
        const answer = this.answers.shift()?.();
        if (answer instanceof Error) throw answer;
        return answer ?? fetch(url, init);
      },
      ...options,
    });

  /** A client of a new account. */
  readonly signedIn = async (options: Partial<ClientOptions<'body'>> = {}) => {
    const one = this.client(options);
    await one.login({ email: await register(this.app), password: PASSWORD });
    this.sent.length = 0;
    return one;
  };

  /** PostgreSQL's clock cannot be changed, so the times of rotations are moved back instead. */
  readonly passTenSeconds = (): Promise<unknown> =>
    asSuperuser(this.app.database, `UPDATE sessions SET rotated_at = rotated_at - interval '10001 ms'`);

  /** Ends the validity of all access tokens. */
  readonly expire = async (): Promise<void> => {
    this.clock.advance(31 * 60_000);
    await this.passTenSeconds();
  };
}
