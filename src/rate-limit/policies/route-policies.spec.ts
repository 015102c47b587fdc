import { Reflector } from '@nestjs/core';
import { seconds, SkipThrottle, Throttle } from '@nestjs/throttler';
import { describe, expect, it } from 'vitest';
import { Environment } from '../../platform/config/environment.js';
import { RateLimit } from '../rate-limit.decorator.js';
import { PolicyTable } from './policy-table.js';
import { RoutePolicies } from './route-policies.js';

class Reports {
  plain() {}

  @RateLimit('login-address', 'login')
  login() {}

  @SkipThrottle()
  skipped() {}

  @SkipThrottle({ default: true, address: true })
  free() {}

  @Throttle({ default: { limit: 2, ttl: seconds(30) } })
  tighter() {}

  @Throttle({ export: { limit: 1, ttl: seconds(10) } })
  own() {}

  @Throttle({ default: { limit: () => 5, ttl: seconds(1) } })
  dynamic() {}

  @Throttle({ default: { limit: 5, ttl: 1500 } })
  fractional() {}

  @Throttle({ default: { limit: 5, ttl: seconds(1), getTracker: () => 'everybody' } })
  tracked() {}

  @Throttle({ 'Not a "name"': { limit: 5, ttl: seconds(1) } })
  misnamed() {}
}

@SkipThrottle({ address: true })
@Throttle({ default: { limit: 9, ttl: seconds(9) } })
class Archive {
  plain() {}

  @SkipThrottle({ address: false })
  @Throttle({ default: { limit: 1, ttl: seconds(1) } })
  special() {}
}

function policiesOf(
  controller: typeof Reports | typeof Archive,
  route: string,
  variables: Partial<Environment> = {},
) {
  const environment = Object.assign(new Environment(), { RATE_LIMIT_DEFAULT: '100/60' }, variables);
  const routes = new RoutePolicies(new Reflector(), new PolicyTable(environment));
  const handler = (controller.prototype as unknown as Record<string, () => void>)[route]!;
  return routes.of(handler, controller).field;
}

describe('RoutePolicies', () => {
  it('apply default and address to every route', () => {
    expect(policiesOf(Reports, 'plain')).toBe('"default";q=100;w=60, "address";q=1000;w=60');
  });

  it('add the policies that a route declares, in the order of the table', () => {
    expect(policiesOf(Reports, 'login')).toBe(
      '"default";q=100;w=60, "address";q=1000;w=60, "login";q=5;w=60, "login-address";q=30;w=60',
    );
  });

  it('omit policies that the environment has switched off', () => {
    const off = { RATE_LIMIT_DEFAULT: 'off', RATE_LIMIT_LOGIN: 'off' };
    expect(policiesOf(Reports, 'login', off)).toBe('"address";q=1000;w=60, "login-address";q=30;w=60');
    expect(policiesOf(Reports, 'tighter', off)).toBe('"address";q=1000;w=60');
  });

  it('honour @SkipThrottle of the throttler', () => {
    expect(policiesOf(Reports, 'skipped')).toBe('"address";q=1000;w=60');
    expect(policiesOf(Reports, 'free')).toBe('');
  });

  it('honour @Throttle of the throttler', () => {
    expect(policiesOf(Reports, 'tighter')).toBe('"default";q=2;w=30, "address";q=1000;w=60');
  });

  it('give a route a policy of its own under a name that is not configured', () => {
    expect(policiesOf(Reports, 'own')).toBe('"default";q=100;w=60, "address";q=1000;w=60, "export";q=1;w=10');
  });

  it('let a handler override its controller', () => {
    expect(policiesOf(Archive, 'plain')).toBe('"default";q=9;w=9');
    expect(policiesOf(Archive, 'special')).toBe('"default";q=1;w=1, "address";q=1000;w=60');
  });

  it.each(['dynamic', 'fractional', 'tracked', 'misnamed'])('refuse an invalid decorator: %s', (route) => {
    expect(() => policiesOf(Reports, route)).toThrow('takes a limit and a ttl of whole seconds');
  });
});
