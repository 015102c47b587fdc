import { AccountAdministration } from '../../../src/admin/account-administration.js';
import { internalOrigin } from '../../../src/platform/http/origin.js';
import { PASSWORD, type Tokens } from '../app/accounts.js';
import { createAccount, createPerson } from '../app/people.js';
import type { TestApp, TestRequest } from '../app/test-app.js';
import type { Act } from './scenario.js';

/** Configuration for the kit: the client address comes from the proxy header, and no limit slows down the replay. */
export const KIT_VARIABLES = {
  TRUSTED_PROXIES: '127.0.0.0/8',
  RATE_LIMIT_DEFAULT: '100/60',
} as const;

/** The addresses from which accounts are prepared, one for each account; no scenario uses them. */
const backstage = (index: number) => `10.255.${index >> 8}.${index & 255}`;

/**
 * Replays a scenario against the service as fast as possible; events within ten minutes then still fit in ten minutes.
 */
export class Stage {
  private readonly devices = new Map<string, string>();
  private readonly keys = new Map<string, string>();
  private accessToken: string | null = null;

  constructor(
    private readonly app: TestApp,
    private readonly name: string,
  ) {}

  /** Creates the accounts of a scenario, and signs them in on the devices that must be known. */
  async prepare(acts: readonly Act[]): Promise<void> {
    const accounts = new Set(acts.flatMap((act) => ('account' in act ? act.account : [])));
    const used = new Set(
      acts.flatMap((act) =>
        act.kind === 'login' && act.password === 'right' && act.device !== 'first' ? act.account : [],
      ),
    );
    for (const [index, account] of [...accounts].entries()) {
      const wanted = { email: this.emailOf(account), from: backstage(index) };
      if (used.has(account)) this.devices.set(account, (await createPerson(this.app, wanted)).deviceToken);
      else await createAccount(this.app, wanted);
    }
  }

  async perform(acts: readonly Act[]): Promise<void> {
    for (const act of acts) await this.act(act);
  }

  private async act(act: Act): Promise<void> {
    switch (act.kind) {
      case 'login':
        return this.logIn(act);
      case 'request':
        await this.send({ url: '/rate-limits' }, act.address);
        return;
      case 'mail':
        await this.send(
          { url: '/auth/password/forgot', body: { email: this.emailOf(act.account) } },
          act.address,
        );
        return;
      case 'forgery':
        await this.send({ url: '/users/me', token: await this.forgedToken() }, act.address);
        return;
      case 'key':
        await this.send({ url: '/users/me', token: await this.revokedKey(act) }, act.address);
        return;
      case 'reuse':
        return this.reuse(act.account, act.address);
      case 'grant':
        await this.app.app
          .get(AccountAdministration, { strict: false })
          .setRoles(this.emailOf(act.account), ['user', act.role], internalOrigin('kit'));
    }
  }

  private async logIn({ account, address, password, device }: Act & { kind: 'login' }): Promise<void> {
    const deviceToken = device === 'known' ? this.devices.get(account) : undefined;
    const body = {
      email: this.emailOf(account),
      password: password === 'right' ? PASSWORD : 'certainly not the password',
      ...(deviceToken !== undefined && { deviceToken }),
    };
    await this.send({ url: '/auth/login', body }, address);
  }

  private async signIn(account: string, address: string): Promise<Tokens> {
    const body = { email: this.emailOf(account), password: PASSWORD, tokenTransport: 'body' };
    return this.expect<Tokens>(200, { url: '/auth/login', body }, address);
  }

  /**
   * The thief has another user agent than the owner, so that the old token is not tolerated even right after its
   * rotation.
   */
  private async reuse(account: string, address: string): Promise<void> {
    const { refreshToken } = await this.signIn(account, address);
    await this.expect(200, refresh(refreshToken), address);
    await this.expect(401, { ...refresh(refreshToken), headers: { 'user-agent': 'a thief' } }, address);
  }

  /** A genuine token with a modified signature: well formed, but forged. */
  private async forgedToken(): Promise<string> {
    if (this.accessToken === null) {
      const wanted = { email: this.emailOf('forger'), from: backstage(65_535) };
      this.accessToken = (await createPerson(this.app, wanted)).accessToken;
    }
    const [header, payload, signature = ''] = this.accessToken.split('.');
    return `${header}.${payload}.${signature.slice(1, 20)}${signature[0]}${signature.slice(20)}`;
  }

  /** A key that its owner has created and revoked. */
  private async revokedKey({ key, owner }: Act & { kind: 'key' }): Promise<string> {
    const known = this.keys.get(key);
    if (known !== undefined) return known;
    const place = backstage(65_534);
    const { accessToken: token } = await createPerson(this.app, { email: this.emailOf(owner), from: place });
    const request = { url: '/users/me/api-keys', token, body: { name: key, scopes: ['orders:read'] } };
    const made = await this.expect<{ id: string; key: string }>(201, request, place);
    await this.send({ method: 'DELETE', url: `/users/me/api-keys/${made.id}`, token }, place);
    this.keys.set(key, made.key);
    return made.key;
  }

  private emailOf(account: string): string {
    return `${account}@${this.name}.example.com`;
  }

  private async expect<T>(status: number, request: TestRequest, address: string): Promise<T> {
    const answer = await this.send(request, address);
    if (answer.statusCode !== status) {
      throw new Error(`${request.url} was answered ${answer.statusCode}: ${answer.body}`);
    }
    return answer.json<T>();
  }

  private send(request: TestRequest, address: string) {
    return this.app.call({ ...request, headers: { ...request.headers, 'x-forwarded-for': address } });
  }
}

const refresh = (refreshToken: string) => ({ url: '/auth/refresh', body: { refreshToken } });
