import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { Logger } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished, vi } from 'vitest';
import { RedisNotices } from '../../../src/platform/redis/redis-notices.js';
import { SessionsRepository } from '../../../src/sessions/sessions.repository.js';
import { createPerson } from '../../support/app/people.js';
import { startApp, startBeside, type TestApp } from '../../support/app/test-app.js';
import { connect } from '../../support/redis/connect.js';
import { type RedisServer, startRedis } from '../../support/redis/redis-server.js';
import { eventually } from '../../support/time/eventually.js';

describe.skipIf(inject('redis').kind !== 'own')('a Redis user with restricted rights', () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server.stop());

  const cli = async (...command: string[]) =>
    (await promisify(execFile)('redis-cli', ['-p', String(server.port), ...command])).stdout.trim();

  async function asUser(...rules: string[]): Promise<string> {
    await cli('acl', 'setuser', 'portcullis', 'reset', 'on', '>secret', ...rules);
    return `redis://portcullis:secret@127.0.0.1:${server.port}`;
  }

  it.each([
    ['no scripts', ['~portcullis:*', '&*', '+@all', '-@scripting']],
    ['no clock', ['~portcullis:*', '&*', '+@all', '-time']],
    ['no hashes', ['~portcullis:*', '&*', '+@all', '-@hash']],
    ['other keys', ['~other:*', '&*', '+@all']],
  ])('makes Redis unavailable with %s, with a log message and without flapping', async (_what, rules) => {
    const warn = vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    onTestFinished(() => {
      warn.mockRestore();
    });
    const connection = await connect([await asUser(...rules)]);
    onTestFinished(() => connection.onApplicationShutdown());
    const changes: string[] = [];
    connection.changes.subscribe((change) => changes.push(change));
    await new Promise((later) => setTimeout(later, 1000));
    expect([connection.state, changes]).toEqual(['down', []]);
    expect(warn).toHaveBeenCalledWith(expect.stringMatching(/NOPERM|can't run this command/));
  });

  it('is sufficient with the rights in docs/operations.md, and no key is outside of them', async () => {
    const document = await readFile('docs/operations.md', 'utf8');
    const [, rules] = /ACL SETUSER portcullis on >\S+ (.*)/.exec(document)!;
    const url = await asUser(...rules!.trim().split(' '));
    await cli('acl', 'log', 'reset');
    const limits = { RATE_LIMIT_DEFAULT: '100/60', RATE_LIMIT_LOGIN: '5/60', RATE_LIMIT_REGISTER: '10/60' };
    const app = await startApp({ variables: { REDIS_URL: url, ...limits } });
    onTestFinished(() => app.close());
    const { accessToken } = await createPerson(app);
    const answer = await app.call({ url: '/users/me', token: accessToken });
    expect([answer.statusCode, (await app.call({ url: '/health/ready' })).json()]).toMatchObject([
      200,
      { redis: 'up' },
    ]);
    await eventually(() => expect(app.app.get(RedisNotices).isCurrent).toBe(true));
    const removed = await app.call({ method: 'DELETE', url: '/users/me', token: accessToken });
    expect(removed.statusCode).toBe(204);
    const keys = (await cli('keys', '*')).split('\n');
    expect(keys.length).toBeGreaterThan(1);
    expect(keys.filter((key) => !key.startsWith('portcullis:'))).toEqual([]);
    expect(await cli('acl', 'log')).toBe('');
  });

  it('may lack those that previous versions did not need: sessions are then read from Redis, and end at once', async () => {
    const warn = vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    onTestFinished(() => {
      warn.mockRestore();
    });
    const rules =
      '~portcullis:* -@all +@connection +info +cluster +time +eval +evalsha +mget +get +set +hget +hmget +hset +expire +del';
    const variables = { REDIS_URL: await asUser(...rules.split(' ')) };
    const here = await startApp({ variables });
    onTestFinished(() => here.close());
    const there = await startBeside(here, { variables });
    onTestFinished(() => there.close());
    const { accessToken: token } = await createPerson(here);
    const statusesOf = (app: TestApp) =>
      Promise.all(
        Array.from({ length: 3 }, async () => (await app.call({ url: '/users/me', token })).statusCode),
      );
    await statusesOf(there);
    const query = vi.spyOn(there.app.get(SessionsRepository, { strict: false }), 'findLive');
    expect([await statusesOf(there), query.mock.calls.length]).toEqual([[200, 200, 200], 0]);
    expect(warn.mock.calls.flat().filter((text) => String(text).includes('reads its session'))).toHaveLength(
      2,
    );
    await here.call({ method: 'POST', url: '/auth/logout', token });
    expect(await statusesOf(there)).toEqual([401, 401, 401]);
    expect((await there.call({ url: '/health/ready' })).json()).toMatchObject({ redis: 'up' });
  });
});
