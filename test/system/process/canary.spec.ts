import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asSuperuser } from '../../support/app/as-superuser.js';
import { type FreshDatabase, freshDatabase } from '../../support/postgres/fresh-database.js';
import { type ServiceProcess, startService } from '../../support/servers/service-process.js';
import { eventually } from '../../support/time/eventually.js';

/** A unique value that identifies where it was planted. */
const canary = (place: string) => `canary${place}9c41f7e2`;
const CANARY = /canary[a-z]*9c41f7e2/gi;

/**
 * Values that are not secret: names and addresses of accounts, and evidence of attacks such as user agent, origin and
 * member names.
 */
const PUBLIC = new Set(['displayname', 'email', 'useragent', 'origin', 'unknownmember'].map(canary));

const HOSTILE = 'a\r\nb \u001b[31mred\u001b[0m \u0000nul \u2028line \u2029paragraph \u0085next "}{" ';

describe('what must stay secret', { timeout: 120_000 }, () => {
  let database: FreshDatabase;
  let service: ServiceProcess;
  let dataDir: string;
  const answers: string[] = [];

  beforeAll(async () => {
    database = await freshDatabase();
    dataDir = await mkdtemp(join(tmpdir(), 'portcullis-canary-'));
    service = await startService({
      command: [process.execPath, 'scripts/start.cjs'],
      env: {
        DATA_DIR: dataDir,
        DATABASE_URL: database.url,
        DATABASE_MIGRATION_URL: database.ownerUrl,
        LOG_LEVEL: 'trace',
        BCRYPT_ROUNDS: '10',
        JWT_SECRET_KEY: `${canary('master')} and enough bytes to be a master secret`,
        PASSWORD_PEPPER: `${canary('pepper')} and enough bytes to be a pepper, too`,
        METRICS_TOKEN: canary('metricstoken'),
        ALERT_WEBHOOK_SECRET: canary('webhooksecret'),
        ALERT_WEBHOOK_URL: `http://user:${canary('webhookpassword')}@127.0.0.1:9/${canary('webhookpath')}`,
      },
    });
    await service.ready;
    await plant();
    service.child.kill('SIGTERM');
    await service.ended;
  });
  afterAll(async () => {
    await database.drop();
    await rm(dataDir, { recursive: true, force: true });
  });

  async function send(path: string, body: unknown, headers: Record<string, string> = {}, method = 'POST') {
    const response = await fetch(service.url + path, {
      method,
      headers: { 'content-type': 'application/json', ...headers },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    answers.push([...response.headers].filter(([name]) => name !== 'set-cookie').join('\n') + text);
    return { status: response.status, text };
  }

  async function plant(): Promise<void> {
    const email = `${canary('email')}@example.org`;
    const password = `${canary('password')} which nobody guesses`;
    await send('/auth/register', { email, password, displayName: canary('displayname') });
    const signedIn = await send('/auth/login', { email, password, tokenTransport: 'body' });
    expect(signedIn.status).toBe(200);
    // The only response that contains tokens.
    answers.pop();
    const tokens = JSON.parse(signedIn.text) as Record<
      'accessToken' | 'refreshToken' | 'deviceToken',
      string
    >;
    secrets.push(tokens.accessToken, tokens.refreshToken, tokens.deviceToken);
    const bearer = { authorization: `Bearer ${tokens.accessToken}` };

    await send('/auth/login', {
      email,
      password: canary('wrongpassword'),
      deviceToken: canary('devicetoken'),
    });
    await send('/auth/login', {
      email: `${canary('strangeremail')}@example.org`,
      password: canary('strangerpassword'),
    });
    await send('/auth/login', { email, password, [canary('unknownmember')]: canary('unknownvalue') });
    await send('/auth/login', `{"email":"${canary('brokenbody')}`);
    await send('/auth/login', canary('plainbody'), { 'content-type': 'text/plain' });
    await send('/auth/refresh', { refreshToken: canary('refreshtoken') });
    await send('/auth/refresh', undefined, { cookie: `refresh_token=${canary('refreshcookie')}` });
    await send('/users/me', undefined, { authorization: `Bearer ${canary('bearer')}` }, 'GET');
    await send('/users/me', undefined, { authorization: `Basic ${canary('basic')}` }, 'GET');
    await send(
      '/users/me',
      undefined,
      { cookie: `access_token=${canary('accesscookie')}; x=${canary('othercookie')}` },
      'GET',
    );
    await send(
      `/users/me?access_token=${canary('querytoken')}&x=${canary('query')}`,
      undefined,
      bearer,
      'GET',
    );
    await send(`/users/me/activity?cursor=${canary('cursor')}`, undefined, bearer, 'GET');
    await send(
      `/nothing/${canary('path')}`,
      undefined,
      { 'x-api-key': canary('apikey'), referer: canary('referer') },
      'GET',
    );
    await send(
      '/auth/login',
      {},
      { origin: `https://${canary('origin')}.example`, 'x-forwarded-for': canary('forwarded') },
    );
    await send('/users/me', { displayName: HOSTILE }, bearer, 'PUT');
    await send('/auth/login', { email: `${HOSTILE}@example.org`, password: HOSTILE });
    await send(
      '/users/me',
      undefined,
      { ...bearer, 'user-agent': canary('useragent'), 'x-request-id': 'x"}\u0080' },
      'GET',
    );
    await mailSecrets(email, bearer);
    await send('/auth/logout', {}, bearer);
    await send('/metrics', undefined, { authorization: `Bearer ${canary('metricstoken')}` }, 'GET');
    expect(answers.at(-1)).toContain('portcullis_logins_total');
  }
  const secrets: string[] = [];

  /** Has secrets mailed or shown once: links to verify an address, to reset a password and to change an address, and factors. */
  async function mailSecrets(email: string, bearer: Record<string, string>): Promise<void> {
    const changed = `${canary('email')}-2@example.org`;
    expect((await send('/auth/password/forgot', { email })).status).toBe(202);
    expect((await send('/users/me/email', { email: changed }, bearer)).status).toBe(202);
    const links = [
      [email, 'verification'],
      [email, 'password_reset'],
      [changed, 'address_change'],
    ] as const;
    for (const [to, kind] of links) secrets.push(await mailedToken(to, kind));
    const app = await send('/users/me/factors/totp', {}, bearer);
    expect(app.status).toBe(201);
    answers.pop();
    const { id, secret } = JSON.parse(app.text) as { id: string; secret: string };
    const { stdout: code } = await promisify(execFile)('oathtool', ['--totp', '-b', secret]);
    const confirmed = await send(`/users/me/factors/totp/${id}/confirm`, { code: code.trim() }, bearer);
    expect(confirmed.status).toBe(200);
    answers.pop();
    const { recoveryCodes } = JSON.parse(confirmed.text) as { recoveryCodes: string[] };
    const challenge = await send('/auth/login', {
      email,
      password: `${canary('password')} which nobody guesses`,
    });
    expect(challenge.status).toBe(401);
    answers.pop();
    const { token } = (JSON.parse(challenge.text) as { challenge: { token: string } }).challenge;
    secrets.push(secret, ...recoveryCodes, token);
  }

  /** Reads the token of a mail in the mailbox, which only shows it on this machine. */
  async function mailedToken(to: string, kind: string): Promise<string> {
    return eventually(async () => {
      const query = new URLSearchParams({ to });
      const response = await fetch(`${service.url}/dev/mailbox?${query.toString()}`, {
        headers: { accept: 'application/json' },
      });
      const { items } = (await response.json()) as { items: { kind: string; token: string | null }[] };
      const token = items.find((mail) => mail.kind === kind)?.token;
      if (!token) throw new Error(`no mail ${kind} to ${to} among ${items.map((mail) => mail.kind).join()}`);
      return token;
    });
  }

  /** The planted and issued secrets that a text contains. */
  const found = (text: string): string[] => [
    ...[...text.matchAll(CANARY)].map(([match]) => match.toLowerCase()).filter((match) => !PUBLIC.has(match)),
    ...secrets.filter((secret) => text.includes(secret)),
  ];

  async function filesOf(folder: string): Promise<string[]> {
    const files = await readdir(folder, { recursive: true, withFileTypes: true });
    return Promise.all(
      files.filter((file) => file.isFile()).map((file) => readFile(join(file.parentPath, file.name), 'utf8')),
    );
  }

  it('is in no row of any table', async () => {
    const tables = await asSuperuser<{ name: string }>(
      database,
      `SELECT oid::regclass::text AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')`,
    );
    expect(tables.length).toBeGreaterThan(8);
    for (const { name } of tables) {
      const rows = await asSuperuser<{ row: string }>(database, `SELECT t::text AS row FROM ${name} t`);
      const text = rows.map(({ row }) => row).join('\n');
      expect([name, found(text)]).toEqual([name, []]);
      expect([name, text.includes(canary('email'))]).toEqual([name, name === 'users']);
    }
  });

  it('is in no file of the service', async () => {
    const contents = await filesOf(dataDir);
    expect(contents.filter((content) => content !== '').length).toBeGreaterThan(0);
    for (const content of contents) expect(found(content)).toEqual([]);
  });

  it('is in no response: no error repeats it, and no metric has it as a label', () => {
    expect(answers.length).toBeGreaterThan(20);
    for (const answer of answers) expect(found(answer)).toEqual([]);
  });

  it('is in no line of the log, and each line is one JSON object for any input', () => {
    const log = service.output();
    expect([found(log), log.includes(canary('email'))]).toEqual([[], false]);
    const lines = log.trimEnd().split('\n');
    expect(lines.length).toBeGreaterThan(20);
    for (const line of lines) expect(() => JSON.parse(line) as unknown, line).not.toThrow();
    // eslint-disable-next-line no-control-regex -- the test searches for control characters
    expect(log).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029]/);
  });
});
