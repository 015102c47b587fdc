import { createPerson } from './people.js';
import type { NewKey } from './api-keys.js';
import type { TestApp, TestRequest } from './test-app.js';

/** A service account with a key. */
export interface Machine {
  readonly id: string;
  readonly keyId: string;
  readonly key: string;
}

/** Manages service accounts as an administrator. */
export class ServiceAccountsOf {
  private constructor(
    private readonly app: TestApp,
    private readonly token: string,
  ) {}

  /** Creates an administrator. */
  static async of(app: TestApp): Promise<ServiceAccountsOf> {
    return new ServiceAccountsOf(app, (await createPerson(app, { roles: ['admin'] })).accessToken);
  }

  /** Sends a request below `/admin/service-accounts`. */
  async call(url: string, request: Omit<TestRequest, 'url'> = {}) {
    const answer = await this.app.call({
      url: `/admin/service-accounts${url}`,
      token: this.token,
      ...request,
    });
    if (answer.statusCode >= 400)
      throw new Error(`The administrator was answered ${answer.statusCode}: ${answer.body}`);
    return answer;
  }

  /** Creates an account with these scopes, and a key with the same. */
  async create(...scopes: string[]): Promise<Machine> {
    const account = (await this.call('', { body: { name: 'Reports', scopes } })).json<{ id: string }>();
    return this.keyOf(account, scopes);
  }

  /** Creates another key of an account. */
  async keyOf({ id }: { readonly id: string }, scopes: readonly string[]): Promise<Machine> {
    const made = await this.call(`/${id}/api-keys`, { body: { name: 'CI', scopes } });
    const { id: keyId, key } = made.json<NewKey>();
    return { id, keyId, key };
  }

  async change({ id }: { readonly id: string }, body: object): Promise<void> {
    await this.call(`/${id}`, { method: 'PATCH', body });
  }

  async revokeKey({ id, keyId }: Machine): Promise<void> {
    await this.call(`/${id}/api-keys/${keyId}`, { method: 'DELETE' });
  }
}
