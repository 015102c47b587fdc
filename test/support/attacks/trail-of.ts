import { createHash } from 'node:crypto';
import type { AuditEntry } from '../../../src/audit/audit-entry.js';
import type { AuditDetails, AuditEventType } from '../../../src/audit/audit-vocabulary.js';
import { networkOf } from '../../../src/platform/http/client-ip/ip-address.js';
import type { Act } from './scenario.js';

/** The default limits of the policies that can refuse an act, per key and minute; those of mails are for an hour. */
const LIMITS = { login: 5, 'login-address': 30, mail: 3, 'mail-address': 10, default: 100 } as const;

/** Returns a stable id for a name of the kit, in the form of a UUIDv7. */
function idOf(name: string): string {
  const hex = createHash('sha256').update(name).digest('hex');
  return `019a0000-${hex.slice(0, 4)}-7${hex.slice(4, 7)}-8${hex.slice(7, 10)}-${hex.slice(10, 22)}`;
}

/** The keyed digest under which the service would record the account. */
const digestOf = (account: string) => createHash('sha256').update(account).digest('base64url').slice(0, 22);

/** Counts like a sliding window: a refused act is not counted. */
class Limiter {
  private readonly taken = new Map<string, number[]>();

  refuses(at: number, keys: readonly { policy: keyof typeof LIMITS; key: string }[]): string[] {
    const windows = keys.map(({ policy, key }) => ({
      policy,
      times: (this.taken.get(`${policy} ${key}`) ?? []).filter((time) => time > at - 60_000),
    }));
    const refused = windows
      .filter(({ policy, times }) => times.length >= LIMITS[policy])
      .map(({ policy }) => policy);
    if (refused.length > 0) return refused;
    windows.forEach(({ policy, times }, i) => this.taken.set(`${policy} ${keys[i]!.key}`, [...times, at]));
    return [];
  }
}

type Happened = Pick<
  AuditEntry,
  'type' | 'outcome' | 'reason' | 'userId' | 'sessionId' | 'address' | 'details'
>;

/** Returns the audit trail that acts leave, each event at the time of its act after `startMs`. */
export function trailOf(acts: readonly Act[], startMs: number): AuditEntry[] {
  const limiter = new Limiter();
  return acts.flatMap((act, index) => {
    const happened = consequence(act, limiter);
    if (!happened) return [];
    return {
      ...happened,
      id: idOf(`entry ${startMs} ${index}`),
      time: new Date(startMs + act.at).toISOString(),
      kind: 'event',
      userAgent: act.kind === 'login' ? (act.userAgent ?? null) : null,
      requestId: `kit-${startMs}-${index}`,
      method: null,
      route: null,
      status: null,
      durationMs: null,
    } satisfies AuditEntry;
  });
}

function consequence(act: Act, limiter: Limiter): Happened | null {
  switch (act.kind) {
    case 'login':
      return login(act, limiter);
    case 'request': {
      const policies = limiter.refuses(act.at, [{ policy: 'default', key: networkOf(act.address) }]);
      if (policies.length === 0) return null;
      return happened('excess_rate_limit_exceeded', act, { policies, retryAfterSeconds: 1 });
    }
    case 'mail':
      return mail(act, limiter);
    case 'forgery':
      return { ...happened('authn_token_invalid', act, { forged: true }), reason: 'bad_signature' };
    case 'key':
      return refusedKey(act);
    case 'reuse':
      return {
        ...happened('authn_token_reuse', act, { generation: 4, presentedGeneration: 2 }, act.account),
        sessionId: idOf(`session of ${act.account}`),
      };
    case 'grant': {
      const details = { granted: [act.role], revoked: [] };
      return happened('privilege_permissions_changed', { address: null }, details, act.account);
    }
    default:
      return act satisfies never;
  }
}

function login(act: Act & { kind: 'login' }, limiter: Limiter): Happened {
  const account = digestOf(act.account);
  const network = networkOf(act.address);
  const policies = limiter.refuses(act.at, [
    { policy: 'login', key: `${network} ${account}` },
    { policy: 'login-address', key: network },
  ]);
  if (policies.length > 0) {
    const details = { policies, account, logins: 1, retryAfterSeconds: 1 };
    return happened('excess_rate_limit_exceeded', act, details, act.account);
  }
  if (act.password === 'wrong') {
    return { ...happened('authn_login_fail', act, { account }, act.account), reason: 'wrong_password' };
  }
  const details = {
    account,
    deviceId: idOf(`device of ${act.account}`),
    knownDevice: act.device === 'known',
    firstLogin: act.device === 'first',
  };
  return happened('authn_login_success', act, details, act.account);
}

function mail(act: Act & { kind: 'mail' }, limiter: Limiter): Happened | null {
  const account = digestOf(act.account);
  const policies = limiter.refuses(act.at, [
    { policy: 'mail', key: account },
    { policy: 'mail-address', key: networkOf(act.address) },
  ]);
  if (policies.length === 0) return null;
  const details = { policies, account, retryAfterSeconds: 1 };
  return happened('excess_rate_limit_exceeded', act, details, act.account);
}

function refusedKey({ key, owner, reason, address }: Act & { kind: 'key' }): Happened {
  const refused = () => {
    if (reason === 'forbidden') return happened('authz_fail', { address }, { required: [] }, owner);
    if (reason === 'rate_limited') {
      const details = { policies: ['key'], retryAfterSeconds: 1 };
      return happened('excess_rate_limit_exceeded', { address }, details, owner);
    }
    return happened('authn_token_invalid', { address }, { forged: false }, owner);
  };
  const event = refused();
  return { ...event, reason, details: { ...event.details, keyId: idOf(`key ${key}`) } };
}

/** Event types that report a success. */
const SUCCESSES: readonly AuditEventType[] = ['authn_login_success', 'privilege_permissions_changed'];

function happened<T extends AuditEventType>(
  type: T,
  { address }: { address: string | null },
  details: AuditDetails[T],
  account?: string,
): Happened {
  return {
    type,
    outcome: SUCCESSES.includes(type) ? 'success' : 'failure',
    reason: null,
    userId: account === undefined ? null : idOf(account),
    sessionId: null,
    address,
    details: { ...details },
  };
}
