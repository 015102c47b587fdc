import { Logger } from '@nestjs/common';
import { createHash } from 'node:crypto';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { BreachedPasswords } from '../../../src/auth/credentials/passwords/breached-passwords.js';
import { Environment } from '../../../src/platform/config/environment.js';
import { loadEnvironment } from '../../../src/platform/config/load-environment.js';

const PASSWORD = 'a password that has been breached';
const DIGEST = createHash('sha1').update(PASSWORD).digest('hex').toUpperCase();
const [PREFIX, SUFFIX] = [DIGEST.slice(0, 5), DIGEST.slice(5)];
const OTHER = 'F'.repeat(35);

describe('the check for breached passwords', () => {
  let server: Server;
  let respond: RequestListener;
  let asked: { url: string | undefined; headers: object }[];
  let warn: ReturnType<typeof vi.spyOn>;

  beforeEach(async () => {
    asked = [];
    warn = vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    server = createServer((request, response) => {
      asked.push({ url: request.url, headers: request.headers });
      respond(request, response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  const check = (path = '/range') => {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;
    return new BreachedPasswords(Object.assign(new Environment(), { PASSWORD_BREACH_URL: url }));
  };
  const returns = (body: string, status = 200) => {
    respond = (_request, response) => response.writeHead(status).end(body);
  };

  it('sends five digits of the SHA-1, and nothing else of the password', async () => {
    returns(`${OTHER}:3\r\n${SUFFIX.toLowerCase()}:42\r\n`);
    expect(await check().has(PASSWORD)).toBe(true);
    expect(await check('/range/').has(PASSWORD)).toBe(true);
    expect(asked.map(({ url }) => url)).toEqual([`/range/${PREFIX}`, `/range/${PREFIX}`]);
    expect(JSON.stringify(asked)).not.toContain(SUFFIX);
    expect(JSON.stringify(asked)).not.toContain('breached');
  });

  it('accepts passwords that are not in the range or only match padding', async () => {
    returns(`${OTHER}:3`);
    expect(await check().has(PASSWORD)).toBe(false);
    returns(`${SUFFIX}:0`);
    expect(await check().has(PASSWORD)).toBe(false);
    returns('');
    expect(await check().has(PASSWORD)).toBe(false);
    expect(warn).not.toHaveBeenCalled();
  });

  it('sends no request if no URL is configured', async () => {
    expect(await new BreachedPasswords(new Environment()).has(PASSWORD)).toBe(false);
    expect(asked).toEqual([]);
  });

  it.each<[string, RequestListener]>([
    ['fails', (_request, response) => response.writeHead(500).end(`${SUFFIX}:42`)],
    ['returns a page', (_request, response) => response.writeHead(200).end(`<html>${SUFFIX}:42</html>`)],
    ['redirects', (_request, response) => response.writeHead(302, { location: '/elsewhere' }).end()],
    ['closes the connection', (request) => request.socket.destroy()],
    [
      'returns an endless body',
      (_request, response) => {
        const more = () => response.write(`${OTHER}:1\n`.repeat(1000), () => setImmediate(more));
        response.writeHead(200);
        more();
      },
    ],
  ])('accepts passwords if the service %s, and logs this once', async (_what, listener) => {
    respond = listener;
    const checking = check();
    expect(await checking.has(PASSWORD)).toBe(false);
    expect(await checking.has(PASSWORD)).toBe(false);
    expect(warn).toHaveBeenCalledTimes(1);
  });

  it('accepts passwords after a second if the service sends no header or no body', async () => {
    for (const silent of [
      () => undefined,
      (_request: unknown, response: { writeHead(status: number): { write(text: string): void } }) =>
        response.writeHead(200).write(`${OTHER}:1\n`),
    ]) {
      respond = silent;
      const startedMs = performance.now();
      expect(await check().has(PASSWORD)).toBe(false);
      expect(performance.now() - startedMs).toBeLessThan(1500);
    }
  });

  it('accepts passwords if the connection is refused', async () => {
    const checking = check();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    expect(await checking.has(PASSWORD)).toBe(false);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });

  it('requires https in production', () => {
    const start = (url: string) => () =>
      loadEnvironment(
        {
          NODE_ENV: 'production',
          PUBLIC_URL: 'https://id.example.org',
          COOKIE_SECURE: 'true',
          DATABASE_URL: 'postgres://u:p@db.internal/x',
          JWT_SECRET_KEY: 'a master secret that is long enough',
          PASSWORD_PEPPER: 'a pepper that is long enough for it',
          PASSWORD_BREACH_URL: url,
        },
        tmpdir(),
      );
    expect(start('http://range.example.org')).toThrow('PASSWORD_BREACH_URL must be https in production');
    expect(start('https://range.example.org')).not.toThrow();
  });
});
