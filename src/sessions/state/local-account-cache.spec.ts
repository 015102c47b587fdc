import { beforeEach, describe, expect, it } from 'vitest';
import type { Profile } from '../../platform/access/profile.js';
import type { RedisNotices } from '../../platform/redis/redis-notices.js';
import { LocalAccountCache } from './local-account-cache.js';

const PROFILE = { id: 'ada' } as Profile;
const LIVE = { readMs: 0, profile: PROFILE };

describe('LocalAccountCache', () => {
  let notices: { isCurrent: boolean };
  let report: (userId: string | null) => void;
  let accounts: LocalAccountCache;
  const find = (userId = 'ada', sessionId = 'session') => accounts.get(userId)?.find(sessionId) ?? null;
  const keep = (userId = 'ada', sessionId = 'session') => accounts.open(userId).keep(sessionId, 0, PROFILE);

  beforeEach(() => {
    notices = {
      isCurrent: true,
      watch: (_prefix: string, listener: typeof report) => (report = listener),
    } as never;
    accounts = new LocalAccountCache(notices as RedisNotices);
    accounts.onModuleInit();
  });

  it('drops an account when it is reported as changed, and all when any may have changed', () => {
    keep('ada');
    keep('bob');
    report('ada');
    expect([find('ada'), find('bob')]).toEqual([null, LIVE]);
    report(null);
    expect(find('bob')).toBeNull();
  });

  it('keeps nothing that was requested before a report', () => {
    const account = accounts.open('ada');
    report('ada');
    account.keep('session', 0, PROFILE);
    expect(find()).toBeNull();
  });

  it('uses nothing while reports can be missing, and keeps nothing that is requested then', () => {
    keep('ada');
    notices.isCurrent = false;
    expect(find('ada')).toBeNull();
    const account = accounts.open('bob');
    notices.isCurrent = true;
    account.keep('session', 0, PROFILE);
    expect([find('ada'), find('bob')]).toEqual([LIVE, null]);
  });

  it('is bounded, and so are the sessions of each account', () => {
    for (let n = 1; n <= 30_000; n += 1) keep(`user ${n}`);
    expect([accounts.size, find('user 20000'), find('user 20001')]).toEqual([10_000, null, LIVE]);
    for (let n = 1; n <= 100; n += 1) keep('ada', `session ${n}`);
    expect([find('ada', 'session 84'), find('ada', 'session 85')]).toEqual([null, LIVE]);
  });
});
