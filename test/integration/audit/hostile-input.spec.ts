import { fc } from '@fast-check/vitest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TrailReader } from '../../../src/audit/reading/trail-reader.js';
import { CALL, ORIGIN, startTrail, type Trail } from '../../support/audit/trail.js';

/** Typical malicious header values, and fast-check's own suggestions. */
const hostile = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 600 }),
  fc.constantFrom(
    'a\r\nb',
    '\u001b[31mred\u001b[0m',
    'nul\0nul',
    'line\u2028separator\u2029',
    'lone \ud800 surrogate',
    '\udfff',
    '"}{"id":"forged"}\n{"id":"forged"}',
    `'); DROP TABLE audit_events; --`,
    '\\u0000',
    '\\',
    '\ufeff',
    '😀'.repeat(300),
  ),
);

describe('Texts chosen by clients', () => {
  let trail: Trail;
  beforeAll(async () => {
    trail = await startTrail();
  });
  afterAll(() => trail.stop());

  it('peer fault 62: are returned by PostgreSQL as they were recorded, and can be verified', async () => {
    let entries = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.record({ agent: hostile, reason: hostile, account: hostile }),
        async ({ agent, reason, account }) => {
          const origin = { ...ORIGIN, userAgent: agent };
          await trail.audit.recordAlone({
            type: 'authn_login_fail',
            outcome: 'failure',
            reason,
            origin,
            details: { account },
          });
          trail.audit.recordCall({ ...CALL, origin, reason });
          trail.audit.recordRefusal({
            type: 'malicious_csrf',
            outcome: 'failure',
            origin,
            details: { origin: account, fetchSite: agent },
          });
          entries += 3;
        },
      ),
      { numRuns: 150 },
    );
    await trail.sealed();
    expect(await trail.verification.verify()).toMatchObject({ intact: true, entries, firstFault: null });
  });

  it('keep numbers as they are', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.double({ min: 0, max: 1e12, noNaN: true }),
        fc.double(),
        async (durationMs, retryAfterSeconds) => {
          trail.audit.recordCall({ ...CALL, durationMs });
          const details = { account: 'a', retryAfterSeconds };
          trail.audit.recordRefusal({
            type: 'authn_login_lock',
            outcome: 'failure',
            origin: ORIGIN,
            details,
          });
        },
      ),
    );
    await trail.sealed();
    expect(await trail.verification.verify()).toMatchObject({ intact: true });
  });

  it('are recorded at their greatest length', async () => {
    const text = '\u0001'.repeat(600);
    const long = '\u{1F600}'.repeat(600);
    const pointers = Array.from({ length: 70 }, () => '\u0001'.repeat(1100));
    const origin = { ...ORIGIN, requestId: long, userAgent: long, ip: long };
    const before = (await trail.verification.verify()).entries;
    await trail.audit.recordAlone({
      type: 'input_validation_fail',
      outcome: 'failure',
      reason: long,
      origin: { ...origin, actor: { actor: 'cli', operator: text, auditReason: long } },
      details: { pointers },
    });
    trail.audit.recordCall({ ...CALL, origin, reason: long, method: long, route: text });
    await trail.sealed();
    expect(await trail.verification.verify()).toMatchObject({ intact: true, entries: before + 2 });
  });

  it.each([
    ['audit_events', 'reason'],
    ['audit_events', 'details'],
    ['audit_events', 'digest'],
    ['audit_events', 'details_salt'],
    ['audit_calls', 'route'],
    ['audit_calls', 'mac'],
    ['audit_seals', 'retired'],
    ['audit_seals', 'root'],
  ])('cannot be longer in rows that others insert: %s, %s', async (table, column) => {
    const inserted = trail.dataSource.query(
      `INSERT INTO ${table} SELECT (long).* FROM (SELECT jsonb_populate_record(copy,
         jsonb_build_object('id', gen_random_uuid(), 'number', 1000000, '${column}', repeat('a', 1100000))) AS long
       FROM ${table} copy OFFSET 0) AS row LIMIT 1`,
    );
    await expect(inserted).rejects.toThrow(`violates check constraint "${table}_sizes"`);
  });

  it('are shown as they were recorded', async () => {
    const userAgent = 'a\r\n\u001b[31m\u2028 "quoted" \\ 😀';
    trail.audit.recordCall({ ...CALL, origin: { ...ORIGIN, requestId: 'shown-as-recorded', userAgent } });
    await trail.sealed();
    const page = await trail.module.get(TrailReader).list({ requestId: 'shown-as-recorded', limit: 10 });
    expect(page.items).toMatchObject([{ userAgent }]);
  });
});
