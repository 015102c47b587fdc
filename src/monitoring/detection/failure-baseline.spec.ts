import { describe, expect, it } from 'vitest';
import { FailureBaseline } from './failure-baseline.js';

const HOUR = 3_600_000;
const NOW = 1000 * HOUR;

describe('FailureBaseline', () => {
  it('is the share of failures among the logins of the last 24 h', () => {
    const baseline = new FailureBaseline(HOUR / 6);
    baseline.add(NOW - 23 * HOUR, { attempts: 60, failures: 20 });
    baseline.add(NOW - 2 * HOUR, { attempts: 40, failures: 5 });
    expect(baseline.ratio(NOW)).toBe(0.25);
  });

  it('is 0 if nobody has signed in', () => {
    expect(new FailureBaseline(0).ratio(NOW)).toBe(0);
  });

  it('excludes the current window, in which an attack would raise the baseline', () => {
    const baseline = new FailureBaseline(HOUR / 6);
    baseline.add(NOW - HOUR, { attempts: 10, failures: 1 });
    baseline.add(NOW - HOUR / 6, { attempts: 1000, failures: 1000 });
    expect(baseline.ratio(NOW)).toBe(0.1);
  });

  it('excludes logins older than a day', () => {
    const baseline = new FailureBaseline(HOUR / 6);
    baseline.add(NOW - 25 * HOUR, { attempts: 1000, failures: 1000 });
    baseline.add(NOW - HOUR, { attempts: 10, failures: 1 });
    expect(baseline.ratio(NOW)).toBe(0.1);
  });
});
