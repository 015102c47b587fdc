import { describe, expect, it } from 'vitest';
import type { Principal } from '../../platform/access/principal.js';
import { MasterKey } from '../../platform/crypto/master-key.js';
import { type RequestContext, newRequestContext } from '../../platform/http/request-context.js';
import type { KeyPart, Policy } from '../policies/policy.js';
import { WindowKeys } from './window-keys.js';

const keys = new WindowKeys(new MasterKey('a master secret of this test, thirty-two bytes or more'));

const policy = (...parts: KeyPart[]): Policy => ({
  name: 'policy',
  limit: 5,
  windowSeconds: 60,
  exact: true,
  keys: parts,
});

function call(parts: Partial<RequestContext> = {}, network = '192.0.2.1'): RequestContext {
  const origin = { requestId: 'request-1', ip: network, network, userAgent: null, endpoint: 'GET /route' };
  return { ...newRequestContext(origin, '/route'), ...parts };
}

const user = (userId: string) => ({ principal: { userId } as Principal });

const keyOf = (one: Policy, caller: RequestContext) => keys.windowOf(one, caller).key;

const at = (endpoint: string, { origin, ...caller }: RequestContext): RequestContext => ({
  ...caller,
  origin: { ...origin, endpoint },
});

const tagOf = (key: string) => /^portcullis:rl:\{([^}]+)\}/.exec(key)?.[1];

describe('WindowKeys', () => {
  it('tell users and endpoints apart, not the addresses of a user', () => {
    const byUser = policy('user', 'endpoint');
    expect(keyOf(byUser, call(user('u1')))).toBe(keyOf(byUser, call(user('u1'), '192.0.2.2')));
    expect(keyOf(byUser, call(user('u1')))).not.toBe(keyOf(byUser, call(user('u2'))));
    expect(keyOf(byUser, call(user('u1')))).not.toBe(keyOf(byUser, at('PUT /route', call(user('u1')))));
  });

  it('count an anonymous caller by address', () => {
    const byUser = policy('user', 'endpoint');
    expect(keyOf(byUser, call())).toBe(keyOf(byUser, call()));
    expect(keyOf(byUser, call())).not.toBe(keyOf(byUser, call({}, '192.0.2.2')));
    expect(keyOf(byUser, call())).not.toBe(keyOf(byUser, call(user('u1'))));
  });

  it.each<{ parts: KeyPart[]; known: Partial<RequestContext>; alone: boolean }>([
    { parts: ['user', 'endpoint'], known: user('u1'), alone: true },
    { parts: ['address'], known: {}, alone: true },
    { parts: ['session'], known: { refreshSessionId: 's1' }, alone: false },
    { parts: ['address', 'account'], known: { emailDigest: 'digest' }, alone: false },
  ])(
    'apply by $parts when they are known, and to a request without them: $alone',
    ({ parts, known, alone }) => {
      expect(keys.applies(policy(...parts), call(known))).toBe(true);
      expect(keys.applies(policy(...parts), call())).toBe(alone);
    },
  );

  it('count all callers of a policy by account together, each endpoint apart', () => {
    const byAccount = policy('account', 'endpoint');
    const named = (emailDigest: string, network?: string) => call({ emailDigest }, network);
    expect(keyOf(byAccount, named('d1'))).toBe(keyOf(byAccount, named('d1', '192.0.2.2')));
    expect(keyOf(byAccount, named('d1'))).not.toBe(keyOf(byAccount, named('d2')));
    expect(keyOf(byAccount, named('d1'))).not.toBe(keyOf(byAccount, at('POST /other', named('d1'))));
  });

  it('put all requests without an address into one bucket', () => {
    expect(keyOf(policy('address'), call({}, 'unknown'))).toBe(keyOf(policy('address'), call({}, 'unknown')));
  });

  it('share a hash tag, and so a slot, among the counts of one subject', () => {
    const [login, address] = [policy('address', 'account'), policy('address')];
    const caller = call({ emailDigest: 'digest' });
    expect(tagOf(keyOf(login, caller))).toBe(tagOf(keyOf(address, caller)));
    expect(keyOf(login, caller)).not.toBe(keyOf(address, caller));
  });

  it('start a new window when a limit changes', () => {
    const one = policy('address');
    expect(keyOf({ ...one, limit: 6 }, call())).not.toBe(keyOf(one, call()));
    expect(keyOf({ ...one, windowSeconds: 61 }, call())).not.toBe(keyOf(one, call()));
  });

  it('start a new window when a large limit becomes exact, because its moments then stand for one request each', () => {
    const bounded = { ...policy('address'), limit: 1000, exact: false };
    expect(keyOf({ ...bounded, exact: true }, call())).not.toBe(keyOf(bounded, call()));
  });

  it('are short and contain nothing about the caller in clear text', () => {
    const caller = call(
      { ...user('0198c0de-0000-7000-8000-000000000001'), emailDigest: 'feedface' },
      '2001:db8::/64',
    );
    for (const parts of [['user'], ['address', 'account', 'endpoint']] as KeyPart[][]) {
      expect(keyOf(policy(...parts), caller)).toMatch(/^portcullis:rl:\{[\w-]{16}\}[\w-]{16}$/);
    }
  });

  it('are remembered for a bounded number of callers, over all policies', () => {
    const policies = [policy('address'), policy('user'), policy('address', 'endpoint')];
    const first = keys.windowOf(policies[0]!, call());
    expect(keys.windowOf(policies[0]!, call())).toBe(first);
    for (const one of policies)
      for (let n = 0; n < 7000; n += 1) keys.windowOf(one, call({}, `network ${n}`));
    expect(keys.windowOf(policies[0]!, call())).not.toBe(first);
    expect(keys.windowOf(policies[0]!, call())).toEqual(first);
  });

  it('cannot be computed without the master key', () => {
    const others = new WindowKeys(new MasterKey('another master secret, thirty-two bytes or more'));
    expect(others.windowOf(policy('address'), call()).key).not.toBe(keyOf(policy('address'), call()));
  });
});
