import { Subject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { Environment } from '../../platform/config/environment.js';
import { auditLag } from './audit-lag.condition.js';
import { auditRecordsLost } from './audit-records-lost.condition.js';
import type { CallWatch } from './call-watch.js';
import type { Dependencies } from './dependencies.js';
import { dependencyDown } from './dependency-down.condition.js';
import { errorRate } from './error-rate.condition.js';
import { eventLoopDelay } from './event-loop-delay.condition.js';
import { hashQueueSaturated } from './hash-queue-saturated.condition.js';
import { latency } from './latency.condition.js';
import { trailLag } from './trail-lag.condition.js';

const environment = new Environment();
const downFor = (ms: number) => ({ downForMs: () => ms }) as unknown as Dependencies;

describe('dependency_down', () => {
  it.each([
    [4_999, false],
    [5_000, true],
  ])('after %i ms is %s', (ms, found) => {
    expect(dependencyDown('redis', downFor(ms), environment).check() !== null).toBe(found);
  });

  it('is critical for PostgreSQL and a warning for Redis', () => {
    expect(dependencyDown('postgresql', downFor(0), environment).severity).toBe('critical');
    expect(dependencyDown('redis', downFor(0), environment).severity).toBe('warning');
  });
});

describe('error_rate', () => {
  it.each([
    [99, 99, false],
    [100, 4, false],
    [100, 5, true],
    [1000, 49, false],
  ])('of %i requests, %i with 5xx: %s', (calls, faults, found) => {
    const watch = { faults: () => ({ calls, faults }) } as CallWatch;
    expect(errorRate(watch, environment).check() !== null).toBe(found);
  });

  it.each([
    [2, 49, 49, false],
    [2, 50, 3, true],
    // A single failure is never 5 % of the least number, however many workers there are.
    [64, 39, 39, false],
    [64, 40, 1, false],
    [64, 40, 2, true],
  ])('with %i workers, of which one got %i requests, %i with 5xx: %s', (workers, calls, faults, found) => {
    const watch = { faults: () => ({ calls, faults }) } as CallWatch;
    const shared = Object.assign(new Environment(), { WEB_CONCURRENCY: workers });
    expect(errorRate(watch, shared).check() !== null).toBe(found);
  });

  it('requires no more requests of a worker than of the service', () => {
    const watch = { faults: () => ({ calls: 20, faults: 20 }) } as CallWatch;
    const small = Object.assign(new Environment(), { WEB_CONCURRENCY: 2, DETECT_ERROR_RATE: '20/300' });
    expect(errorRate(watch, small).check()).not.toBeNull();
  });

  it('is never true when it is switched off', () => {
    const watch = { faults: () => ({ calls: 1000, faults: 1000 }) } as CallWatch;
    const off = Object.assign(new Environment(), { DETECT_ERROR_RATE: 'off' });
    expect(errorRate(watch, off).check()).toBeNull();
  });
});

describe('latency', () => {
  it.each([
    [null, false],
    [1000, false],
    [1001, true],
  ])('with a p99 of %s ms is %s', (p99Ms, found) => {
    const watch = { lowestP99Ms: () => p99Ms } as unknown as CallWatch;
    expect(latency(watch, environment).check() !== null).toBe(found);
  });

  it.each([
    [1, 10],
    [2, 5],
    [8, 5],
  ])('with %i workers requires %i requests of each in a tenth of the window', (workers, least) => {
    const watch = { lowestP99Ms: (calls: number) => (calls === least ? 1001 : null) } as unknown as CallWatch;
    const shared = Object.assign(new Environment(), { WEB_CONCURRENCY: workers });
    expect(latency(watch, shared).check()).not.toBeNull();
  });
});

describe('hash_queue_saturated', () => {
  it('is true while passwords wait too long and the queue is not empty', () => {
    const completed = new Subject<{ hashSeconds: number; waitSeconds: number }>();
    const hasher = { completed, queueLength: 3, refusals: 0 };
    const condition = hashQueueSaturated(hasher, environment);
    expect(condition.check()).toBeNull();
    completed.next({ hashSeconds: 0.25, waitSeconds: 2.6 });
    expect(condition.check()).toMatchObject({ waitMs: 2600, queueLength: 3 });
    hasher.queueLength = 0;
    expect(condition.check()).toBeNull();
  });

  it('is true before logins are refused, however short they may wait', () => {
    const completed = new Subject<{ hashSeconds: number; waitSeconds: number }>();
    const impatient = Object.assign(new Environment(), { HASH_MAX_WAIT_MS: 1000 });
    const condition = hashQueueSaturated({ completed, queueLength: 3, refusals: 0 }, impatient);
    completed.next({ hashSeconds: 0.25, waitSeconds: 0.6 });
    expect(condition.check()).toMatchObject({ waitMs: 600 });
  });

  it('is true in each second in which passwords are refused, although the others wait for a short time only', () => {
    const completed = new Subject<{ hashSeconds: number; waitSeconds: number }>();
    const hasher = { completed, queueLength: 1, refusals: 4 };
    const condition = hashQueueSaturated(hasher, environment);
    completed.next({ hashSeconds: 3, waitSeconds: 1.5 });
    expect(condition.check()).toBeNull();
    hasher.refusals += 7;
    expect(condition.check()).toMatchObject({ waitMs: 1500, refused: 7 });
    expect(condition.check()).toBeNull();
  });
});

describe('audit_lag', () => {
  const audit = { lagSeconds: 12, spoolBytes: 100 };

  it('is true if records wait although PostgreSQL is available', () => {
    expect(auditLag(audit, downFor(0), environment).check()).toMatchObject({ lagSeconds: 12 });
    expect(auditLag({ ...audit, lagSeconds: 9 }, downFor(0), environment).check()).toBeNull();
  });

  it('is not true during an outage, which has an alert of its own', () => {
    expect(auditLag(audit, downFor(3000), environment).check()).toBeNull();
  });
});

describe('audit_records_lost', () => {
  it('is critical, true for a while after a loss, and again after another loss', () => {
    const audit = { lostRecords: 0 };
    const condition = auditRecordsLost(audit);
    const shown = () => {
      let checks = 0;
      while (condition.check() !== null) checks += 1;
      return checks;
    };
    expect([condition.severity, shown()]).toEqual(['critical', 0]);
    audit.lostRecords = 3;
    expect(condition.check()).toMatchObject({ lostRecords: 3 });
    expect(shown()).toBe(59);
    audit.lostRecords = 4;
    expect(shown()).toBe(60);
  });
});

describe('trailLag', () => {
  const progress = { unsealedSeconds: 12, detectionLagSeconds: 9 };

  it('is true of a stage that lags for too long', () => {
    expect(trailLag('sealing', progress, downFor(0), environment).check()).toMatchObject({ lagSeconds: 12 });
    expect(trailLag('detection', progress, downFor(0), environment).check()).toBeNull();
    const slow = { ...progress, detectionLagSeconds: 10 };
    expect(trailLag('detection', slow, downFor(0), environment).check()).toMatchObject({ lagSeconds: 10 });
  });

  it('is not true during an outage, which has an alert of its own', () => {
    expect(trailLag('sealing', progress, downFor(3000), environment).check()).toBeNull();
  });
});

const turn = () => new Promise((resolve) => setTimeout(resolve, 30));

describe('event_loop_delay', () => {
  it('detects a blocked event loop, and resets afterwards', async () => {
    const condition = eventLoopDelay(Object.assign(new Environment(), { DETECT_EVENT_LOOP_DELAY_MS: 100 }));
    await turn();
    const until = performance.now() + 150;
    while (performance.now() < until);
    await turn();
    expect(condition.check()).toMatchObject({ p99Ms: expect.any(Number) });
    expect(condition.check()).toBeNull();
  });
});
