import { Logger } from '@nestjs/common';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Environment } from '../platform/config/environment.js';
import { GateRules } from './rules/gate-rules.js';
import { type GateRule, SILENT_RULE } from './rules/gate-rule.js';
import { StartWarnings } from './start-warnings.js';

const PEERS = ['10.0.0.5/32', '10.0.0.6', '10.0.1.0/24'];

/** What a start with these rules of the operator says. */
function warned(
  TRUSTED_PROXIES: string[],
  rules: readonly Partial<GateRule>[] = [{ name: 'app' }],
): unknown[][] {
  const warn = vi.spyOn(Logger.prototype, 'warn').mockReturnValue();
  const environment = Object.assign(new Environment(), { GATEWAY_PEERS: PEERS, TRUSTED_PROXIES });
  new StartWarnings(
    environment,
    new GateRules(rules.map((rule) => ({ ...SILENT_RULE, ...rule }))),
  ).onModuleInit();
  return warn.mock.calls;
}

describe('a start with a gateway', () => {
  afterEach(() => vi.restoreAllMocks());

  it.each([
    ['no proxy', []],
    ['some of the gateways', ['10.0.0.5', '10.0.1.0/24']],
    ['a part of a block of gateways', ['10.0.0.0/24', '10.0.1.0/25']],
  ])('warns if TRUSTED_PROXIES names %s', (_which, proxies) => {
    expect(warned(proxies)).toEqual([
      [expect.stringMatching(/^TRUSTED_PROXIES does not name all of GATEWAY_PEERS: /)],
    ]);
  });

  it('says nothing if every gateway is trusted, or if there are no rules', () => {
    expect(warned(['10.0.0.0/24', '10.0.1.0/24'])).toEqual([]);
    expect(warned([], [])).toEqual([]);
  });

  it('warns of a rule that everybody passes who gives a key the scope, and of no rule that asks for a role', () => {
    const scopes = ['orders:read'];
    expect(warned(PEERS, [{ name: 'orders', scopes }])).toEqual([
      [expect.stringMatching(/^the rule orders has scopes and no roles: everybody /)],
    ]);
    vi.restoreAllMocks();
    const others: Partial<GateRule>[] = [
      { name: 'staff', scopes, roles: ['admin'] },
      { name: 'services', scopes, roles: [] },
      // The owner of a key needs a role for this scope.
      { name: 'trail', scopes: ['audit:read'] },
    ];
    expect(warned(PEERS, others)).toEqual([]);
  });
});
