import { describe, expect, it } from 'vitest';
import type { AuditEntry } from '../../audit/audit-entry.js';
import type { Occurrence } from '../rules/occurrence.js';
import { AddressOutcomes } from './address-outcomes.js';

const KEPT_MS = 1000;
const OFFICE = '203.0.113.1';

function occurrence(at: number, account: string, failed: boolean, address = OFFICE): Occurrence {
  const attempt = { account, failed, evaluated: true };
  return { at, account, address, attempt, entry: {} as AuditEntry };
}

describe('AddressOutcomes', () => {
  it('tell accounts that an address only failed for from those that it signed in to, in whatever order', () => {
    const outcomes = new AddressOutcomes(KEPT_MS);
    outcomes.add(occurrence(10, 'ada', true));
    outcomes.add(occurrence(11, 'ada', false));
    outcomes.add(occurrence(12, 'ben', false));
    outcomes.add(occurrence(13, 'ben', true));
    outcomes.add(occurrence(14, 'cleo', true));
    outcomes.add(occurrence(15, 'dan', true, '203.0.113.2'));
    expect(outcomes.of(OFFICE, 0)).toEqual({ signedIn: new Set(['ada', 'ben']), failed: 1 });
  });

  it('ignore attempts whose passwords nobody checked', () => {
    const outcomes = new AddressOutcomes(KEPT_MS);
    const { attempt, ...refused } = occurrence(10, 'ada', true);
    outcomes.add({ ...refused, attempt: { ...attempt!, evaluated: false } });
    expect(outcomes.of(OFFICE, 0).failed).toBe(0);
  });

  it('remember attempts for as long as asked, and tell only of those after an instant', () => {
    const outcomes = new AddressOutcomes(KEPT_MS);
    for (let at = 0; at <= 5000; at += 100) outcomes.add(occurrence(at, `account ${at}`, true));
    for (const ms of [100, 500, KEPT_MS]) expect(outcomes.of(OFFICE, 5000 - ms).failed).toBe(ms / 100);
  });

  it('limit their memory: the oldest are forgotten when there are too many, and of one address the last', () => {
    const outcomes = new AddressOutcomes(KEPT_MS);
    outcomes.add(occurrence(1, 'ada', true));
    for (let n = 0; n < 100_001; n++) outcomes.add(occurrence(2, 'ben', true, `address ${n}`));
    expect(outcomes.of(OFFICE, 0).failed).toBe(0);
    for (let n = 0; n < 10_000; n++) outcomes.add(occurrence(3, `account ${n}`, true));
    expect(outcomes.of(OFFICE, 0).failed).toBe(500);
  });
});
