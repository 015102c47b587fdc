import type { Environment } from '../../platform/config/environment.js';
import { A_DAY_SECONDS } from '../alerts/alert-kind.js';
import { type Rule, parseLimit } from './rule.js';

/** Somebody tries to make tokens; a client with a stale one never has a bad signature. */
export function tokenForgery(environment: Environment): Rule {
  return {
    name: 'token_forgery',
    severity: 'warning',
    quietSeconds: A_DAY_SECONDS,
    events: ['authn_token_invalid'],
    responses: ['block_address'],
    documentation: {
      trueWhen: '20 tokens with a bad signature from one address in 5 min',
      why: 'a broken client may do this too, and is worth checking',
    },
    limit: parseLimit(environment.DETECT_TOKEN_FORGERY),
    observe({ entry, address }) {
      if (entry.details?.forged !== true || address === null) return null;
      return { subject: `address:${address}`, counts: true };
    },
    holds: ({ counted }, { count }) => counted >= count,
    summary: ({ counted }, { seconds }) =>
      `${counted} tokens with a bad signature from one address within ${seconds} s.`,
  };
}
