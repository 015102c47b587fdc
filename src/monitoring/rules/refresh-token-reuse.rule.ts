import { type Rule, ONCE } from './rule.js';

/**
 * A rotated refresh token was reused: it was stolen, and the thief or the owner presented the old one. The session
 * has been ended.
 */
export function refreshTokenReuse(): Rule {
  return {
    name: 'refresh_token_reuse',
    severity: 'critical',
    quietSeconds: null,
    events: ['authn_token_reuse'],
    responses: ['end_sessions'],
    documentation: { trueWhen: 'a single event', why: 'a correct client never does this' },
    limit: ONCE,
    observe: ({ entry: { sessionId } }) =>
      sessionId === null ? null : { subject: `session:${sessionId}`, counts: true },
    holds: () => true,
    summary: () => 'A refresh token was presented again after its rotation; its session was ended.',
  };
}
