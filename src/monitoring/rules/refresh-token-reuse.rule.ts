import { type Rule, ONCE } from './rule.js';

/** A rotated refresh token came back: either the thief or the owner holds a copy, and the session has been ended. */
export function refreshTokenReuse(): Rule {
  return {
    name: 'refresh_token_reuse',
    severity: 'critical',
    quietSeconds: null,
    limit: ONCE,
    observe: ({ entry: { type, sessionId } }) =>
      type === 'authn_token_reuse' && sessionId !== null
        ? { subject: `session:${sessionId}`, counts: true }
        : null,
    holds: () => true,
    summary: () => 'A refresh token was presented again after its rotation; its session was ended.',
  };
}
