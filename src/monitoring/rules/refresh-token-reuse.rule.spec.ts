import { describe, expect, it } from 'vitest';
import { findingsOf } from '../../../test/support/attacks/findings-of.js';
import { refreshTokenReuse } from './refresh-token-reuse.rule.js';

describe('refresh_token_reuse', () => {
  it('is true after one event, for the session', () => {
    const acts = [{ at: 0, kind: 'reuse', account: 'victim', address: '192.0.2.1' } as const];
    const [finding] = findingsOf([refreshTokenReuse()], acts);
    expect(finding).toMatchObject({ kind: { severity: 'critical', quietSeconds: null }, count: 1 });
    expect(finding?.subject).toMatch(/^session:[0-9a-f-]{36}$/);
  });
});
