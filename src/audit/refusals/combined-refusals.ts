import { networkOf } from '../../platform/http/client-ip/ip-address.js';
import type { Origin } from '../../platform/http/origin.js';
import type { ApiCall, AuditEvent } from '../audit-entry.js';
import type { Combination } from './refusal-groups.js';

type Refusal = AuditEvent<'excess_rate_limit_exceeded'>;

/** How refusals by a limit are recorded as one. */
export const COMBINED_REFUSALS: Combination<Refusal> = {
  /**
   * Combines all policies that refused, the longest wait, the number of logins, and the account if it is the same. Of a caller
   * who is signed in, only refusals that are about the caller name a user: others are logins to whatever accounts.
   */
  join(sofar, next) {
    const { account, ...details } = next.details;
    const logins = (sofar.details.logins ?? 0) + (details.logins ?? 0);
    return {
      ...next,
      userId: next.userId ?? sofar.userId ?? null,
      sessionId: next.sessionId ?? sofar.sessionId ?? null,
      details: {
        ...details,
        policies: [...new Set([...sofar.details.policies, ...details.policies])],
        retryAfterSeconds: Math.max(sofar.details.retryAfterSeconds, details.retryAfterSeconds),
        ...(account !== undefined && account === sofar.details.account && { account }),
        ...(logins > 0 && { logins }),
      },
    };
  },
  withoutCaller({ details: { account: _account, ...details }, origin, ...refusal }) {
    return { ...refusal, userId: null, sessionId: null, origin: ofNobody(origin), details };
  },
};

/** How calls over a limit, or without room in the spool, are recorded as one. */
export const COMBINED_CALLS: Combination<ApiCall> = {
  /**
   * Keeps the last of the calls with the highest status, so that answered preflights do not hide the refusals among them, and
   * of user and session only what is the same in all.
   */
  join: (sofar, next) => ({
    ...(next.status < sofar.status ? sofar : next),
    userId: next.userId === sofar.userId ? next.userId : null,
    sessionId: next.sessionId === sofar.sessionId ? next.sessionId : null,
  }),
  withoutCaller({ subjectId: _subject, forwarded: _forwarded, origin, ...call }) {
    return { ...call, userId: null, sessionId: null, origin: ofNobody(origin) };
  },
};

/** Returns an origin that names neither the caller nor whom the request was about. */
function ofNobody({ requestId, endpoint }: Origin): Origin {
  return {
    requestId,
    ip: null,
    network: networkOf(null),
    userAgent: null,
    ...(endpoint !== undefined && { endpoint }),
  };
}
