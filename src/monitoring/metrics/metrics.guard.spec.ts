import type { ExecutionContext } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { Environment } from '../../platform/config/environment.js';
import { MetricsGuard } from './metrics.guard.js';

const TOKEN = 'a token for the scraper';

interface Asked {
  readonly remoteAddress: string;
  readonly headers: Readonly<Record<string, string>>;
}

const HERE: Asked = { remoteAddress: '127.0.0.1', headers: { host: 'localhost:3000' } };

/** The outcome of a request: `served`, or the code of the refusal. */
function outcomeOf({ remoteAddress, headers }: Asked, settings: Partial<Environment> = {}): string {
  const guard = new MetricsGuard(Object.assign(new Environment(), settings));
  const request = { socket: { remoteAddress }, headers };
  const execution = { switchToHttp: () => ({ getRequest: () => request }) } as unknown as ExecutionContext;
  try {
    return guard.canActivate(execution) ? 'served' : 'refused';
  } catch (error) {
    return (error as { row: { code: string } }).row.code;
  }
}

describe('MetricsGuard', () => {
  it('serves this machine without a token, outside production', () => {
    expect(outcomeOf(HERE)).toBe('served');
    expect(outcomeOf({ remoteAddress: '::1', headers: { host: '[::1]:3000' } })).toBe('served');
    expect(outcomeOf(HERE, { NODE_ENV: 'production' })).toBe('not_found');
  });

  it.each([
    ['of another machine', { ...HERE, remoteAddress: '192.0.2.1' }],
    ['that a proxy on this machine forwarded', { ...HERE, headers: { ...HERE.headers, via: '1.1 proxy' } }],
    ['of a page whose name was rebound', { ...HERE, headers: { host: 'rebound.example:3000' } }],
    ['without a host', { ...HERE, headers: {} }],
  ])('serves no request %s without a token', (_which, asked) => {
    expect(outcomeOf(asked)).toBe('not_found');
  });

  it('serves everybody who presents the token, and nobody else', () => {
    const settings = { METRICS_TOKEN: TOKEN, NODE_ENV: 'production' } as const;
    const headers = { host: 'id.example.org', authorization: `Bearer ${TOKEN}` };
    expect(outcomeOf({ remoteAddress: '192.0.2.1', headers }, settings)).toBe('served');
    expect(outcomeOf(HERE, settings)).toBe('unauthenticated');
  });
});
