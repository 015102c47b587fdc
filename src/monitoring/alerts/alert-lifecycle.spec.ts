import { describe, expect, it } from 'vitest';
import type { Finding } from './alert-kind.js';
import { acknowledge, apply, open, resolve } from './alert-lifecycle.js';

const NOON = new Date('2026-11-23T12:00:00Z');
const LATER = new Date('2026-11-23T12:05:00Z');

function finding(members: Partial<Finding> = {}): Finding {
  const kind = { name: 'rule', severity: 'warning', quietSeconds: null } as const;
  const evidence = { summary: 'It is so.' };
  return { kind, subject: 'service', count: 1, firstSeenAt: NOON, lastSeenAt: NOON, evidence, ...members };
}

describe('The life of an alert', () => {
  it('begins open, with one occurrence at least', () => {
    expect(open('id', finding({ count: 0 }))).toMatchObject({ state: 'open', count: 1, firstSeenAt: NOON });
  });

  it('does not count a cause that merely persists, but updates the time', () => {
    const alert = open('id', finding());
    expect(apply(alert, finding({ count: 0, lastSeenAt: LATER }))).toBe('counted');
    expect(alert).toMatchObject({ count: 1, lastSeenAt: LATER });
  });

  it('keeps its times when a finding arrives late', () => {
    const alert = open('id', finding({ lastSeenAt: LATER }));
    apply(alert, finding({ lastSeenAt: NOON }));
    expect(alert.lastSeenAt).toBe(LATER);
  });

  it('reopens if the cause persists after it was resolved', () => {
    const alert = open('id', finding());
    resolve(alert, 'person');
    expect(apply(alert, finding({ count: 0 }))).toBe('reopened');
    expect(alert).toMatchObject({ state: 'open', count: 2, resolvedBy: null });
  });

  it('reopens with the severity of the new finding', () => {
    const alert = open('id', finding({ kind: { name: 'rule', severity: 'critical', quietSeconds: null } }));
    resolve(alert, 'person');
    apply(alert, finding());
    expect(alert.severity).toBe('warning');
  });

  it('does not become less severe while it is open', () => {
    const alert = open('id', finding());
    expect(apply(alert, finding({ kind: { name: 'rule', severity: 'info', quietSeconds: null } }))).toBe(
      'counted',
    );
    expect(alert.severity).toBe('warning');
  });

  it('is announced again with each occurrence, but not for a cause that persists, if its kind says so', () => {
    const kind = { ...finding().kind, announcesEach: true };
    const alert = open('id', finding({ kind }));
    acknowledge(alert, 'person');
    expect(apply(alert, finding({ kind, count: 0 }))).toBe('counted');
    expect(alert).toMatchObject({ state: 'acknowledged', acknowledgedBy: 'person', count: 1 });
    expect(apply(alert, finding({ kind }))).toBe('recurred');
    expect(alert).toMatchObject({ state: 'open', acknowledgedBy: null, count: 2 });
  });

  it('stops counting at the largest value of the column', () => {
    const alert = open('id', finding({ count: 2_147_483_647 }));
    apply(alert, finding());
    expect(alert.count).toBe(2_147_483_647);
  });

  it('begins with the largest value of the column at most', () => {
    expect(open('id', finding({ count: 1e12 })).count).toBe(2_147_483_647);
  });

  it('can be acknowledged once, and not after it was resolved', () => {
    const alert = open('id', finding());
    expect(acknowledge(alert, 'first')).toBe(true);
    expect(acknowledge(alert, 'second')).toBe(false);
    expect(alert.acknowledgedBy).toBe('first');
    expect(resolve(alert, 'second')).toBe(true);
    expect(acknowledge(alert, 'third')).toBe(false);
    expect(resolve(alert, 'third')).toBe(false);
    expect(alert).toMatchObject({ state: 'resolved', acknowledgedBy: 'first', resolvedBy: 'second' });
  });
});
