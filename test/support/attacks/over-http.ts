import { AccountAdministration } from '../../../src/admin/account-administration.js';
import { internalOrigin } from '../../../src/platform/http/origin.js';
import { PASSWORD, type Tokens } from '../app/accounts.js';
import type { TestApp, TestRequest } from '../app/test-app.js';
import type { Act } from './scenario.js';

/** What the service must be told for the kit: where a request comes from, and to hold nobody back for the pace. */
export const KIT_VARIABLES = {
  TRUSTED_PROXIES: '127.0.0.0/8',
  RATE_LIMIT_DEFAULT: '100/60',
} as const;

/** Where the accounts are prepared from, each from an address of its own; no scenario acts from here. */
const backstage = (index: number) => `10.255.${index >> 8}.${index & 255}`;

/** Acts a scenario out against the service, as fast as it goes: what ten minutes hold, any window of ten minutes holds. */
export class Stage {
  private readonly devices = new Map<string, string>();
  private accessToken: string | null = null;

  constructor(
    private readonly app: TestApp,
    private readonly name: string,
  ) {}

  /** Makes the accounts that a scenario needs, signed in before wherever a device is said to be known. */
  async prepare(acts: readonly Act[]): Promise<void> {
    const accounts = new Set(acts.flatMap((act) => ('account' in act ? act.account : [])));
    const used = new Set(
      acts.flatMap((act) =>
        act.kind === 'login' && act.password === 'right' && act.device !== 'first' ? act.account : [],
      ),
    );
    for (const [index, account] of [...accounts].entries()) {
      const body = { email: this.emailOf(account), password: PASSWORD };
      await this.expect(201, { url: '/auth/register', body }, backstage(index));
      if (used.has(account)) await this.signIn(account, backstage(index));
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
      case 'forgery':
        await this.send({ url: '/users/me', token: await this.forgedToken() }, act.address);
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
    const tokens = await this.expect<Tokens>(200, { url: '/auth/login', body }, address);
    this.devices.set(account, tokens.deviceToken);
    return tokens;
  }

  /** The thief's program is not the owner's, so that the stale token is not tolerated even right after its rotation. */
  private async reuse(account: string, address: string): Promise<void> {
    const { refreshToken } = await this.signIn(account, address);
    await this.expect(200, refresh(refreshToken), address);
    await this.expect(401, { ...refresh(refreshToken), headers: { 'user-agent': 'a thief' } }, address);
  }

  /** A genuine token whose signature has changed: well formed, and by nobody. */
  private async forgedToken(): Promise<string> {
    if (this.accessToken === null) {
      await this.expect(
        201,
        { url: '/auth/register', body: { email: this.emailOf('forger'), password: PASSWORD } },
        backstage(65_535),
      );
      this.accessToken = (await this.signIn('forger', backstage(65_535))).accessToken;
    }
    const [header, payload, signature = ''] = this.accessToken.split('.');
    return `${header}.${payload}.${signature.slice(1, 20)}${signature[0]}${signature.slice(20)}`;
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
