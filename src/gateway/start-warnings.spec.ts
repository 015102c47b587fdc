import { Logger } from '@nestjs/common';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Environment } from '../platform/config/environment.js';
import { GateRules } from './rules/gate-rules.js';
import { SILENT_RULE } from './rules/gate-rule.js';
import { StartWarnings } from './start-warnings.js';

const PEERS = ['10.0.0.5/32', '10.0.0.6', '10.0.1.0/24'];

/** What a start with one rule says, whose limit counts by the given unit. */
function warned(by: 'address' | 'caller', TRUSTED_PROXIES: string[]): unknown[][] {
  const warn = vi.spyOn(Logger.prototype, 'warn').mockReturnValue();
  const limit = { name: 'pages', limit: 600, windowSeconds: 60, by, exact: false };
  const environment = Object.assign(new Environment(), { GATEWAY_PEERS: PEERS, TRUSTED_PROXIES });
  new StartWarnings(
    environment,
    new GateRules([{ ...SILENT_RULE, name: 'app', limits: [limit] }]),
  ).onModuleInit();
  return warn.mock.calls;
}

describe('a start with a limit by address', () => {
  afterEach(() => vi.restoreAllMocks());

  it.each([
    ['no proxy', []],
    ['some of the gateways', ['10.0.0.5', '10.0.1.0/24']],
    ['a part of a block of gateways', ['10.0.0.0/24', '10.0.1.0/25']],
  ])('warns if TRUSTED_PROXIES names %s', (_which, proxies) => {
    expect(warned('address', proxies)).toEqual([
      [expect.stringMatching(/^The rule app has a limit by address, but TRUSTED_PROXIES /)],
    ]);
  });

  it('says nothing if every gateway is trusted, or if the limit is by caller', () => {
    expect(warned('address', ['10.0.0.0/24', '10.0.1.0/24'])).toEqual([]);
    expect(warned('caller', [])).toEqual([]);
  });
});
