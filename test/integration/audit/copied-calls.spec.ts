import { fc } from '@fast-check/vitest';
import { type TracingChannelSubscribers, tracingChannel } from 'node:diagnostics_channel';
import { readFileSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ApiCall, AuditEntry } from '../../../src/audit/audit-entry.js';
import { canonicalEntry, digestOf } from '../../../src/audit/entry/canonical-entry.js';
import { type EntryProof, sealedText } from '../../../src/audit/entry/sealed-form.js';
import { CALL_COLUMNS, CALL_PROOF_COLUMNS } from '../../../src/audit/entry/entry-columns.js';
import { EntryFactory } from '../../../src/audit/entry/entry-factory.js';
import { timeOfEntry } from '../../../src/audit/entry/entry-id.js';
import { EntrySigner } from '../../../src/audit/entry/entry-signer.js';
import { AuditSpool } from '../../../src/audit/spool/audit-spool.js';
import { SpoolDrain } from '../../../src/audit/spool/spool-drain.js';
import { STATEMENTS, type StatementMessage } from '../../../src/platform/database/statement-channel.js';
import { Tamperer } from '../../support/audit/tamperer.js';
import { CALL, ORIGIN, REFUSED, startTrail, type Trail } from '../../support/audit/trail.js';
import { startTcpProxy, type TcpProxy } from '../../support/network/tcp-proxy.js';
import { freshDatabase } from '../../support/postgres/fresh-database.js';

/** CopyInResponse of the PostgreSQL protocol: the server waits for rows. */
const COPY_IN_RESPONSE = Buffer.from('G\0\0\0');
/** The deadline of a statement, plus a margin for a busy machine. */
const GIVEN_UP_MS = 2000;

/** Characters with a meaning in COPY's text format, line breaks, and fast-check's own suggestions. */
const hostile = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc
    .array(fc.constantFrom('\\', '\t', '\n', '\r', '\\.', '\\N', '\b', '\v', '\f', '"', 'N', 'x41', '101'))
    .map((parts) => parts.join('')),
  fc.constantFrom('', '\\.', '\n\\.\n', '\\N', '\\x41', '\0', '\u2028', '\ufeff', '\udfff', '😀'.repeat(300)),
);

describe('Calls on their way from the spool', () => {
  let trail: Trail;
  let attacker: Tamperer;
  /** The statements sent to PostgreSQL, by their first word. */
  let asked: string[];
  const channel = tracingChannel<StatementMessage, StatementMessage>(STATEMENTS);
  const listener = {
    start: ({ text }: StatementMessage) => asked.push(text.trimStart().split(/\s/)[0]!),
  } as unknown as TracingChannelSubscribers<StatementMessage>;

  const entry = (call: ApiCall) => trail.module.get(EntryFactory).call(call);
  const rowOf = (call: AuditEntry) => trail.module.get(EntrySigner).row(call);
  const spooled = (line: string) => trail.module.get(AuditSpool).append(line);
  const recordCalls = (statuses: readonly number[]) => {
    for (const status of statuses) trail.audit.recordCall({ ...CALL, status });
  };
  const statuses = async () => {
    const rows = await trail.dataSource.query<{ status: number }[]>(
      'SELECT status FROM audit_calls ORDER BY id',
    );
    return rows.map(({ status }) => status);
  };

  beforeEach(async () => {
    trail = await startTrail();
    attacker = await Tamperer.on(trail.database.superuserUrl);
    asked = [];
    channel.subscribe(listener);
  });
  afterEach(async () => {
    channel.unsubscribe(listener);
    await attacker.end();
    await trail.stop();
  });

  it('are sent without a pause as long as they arrive faster than they are sent', async () => {
    const drain = trail.module.get(SpoolDrain);
    recordCalls([200]);
    const running = drain.run();
    recordCalls(Array.from({ length: 1000 }, () => 200));
    trail.module.get(AuditSpool).flush();
    expect(await running).toBe(true);
    expect(await drain.run()).toBe(false);
    expect(await statuses()).toHaveLength(1001);
  });

  it('are copied, without any other statement', async () => {
    recordCalls([200, 201, 202]);
    await trail.drained();
    expect(asked).toEqual(['COPY']);
    expect(await statuses()).toEqual([200, 201, 202]);
  });

  it('share the position of the transaction that wrote them', async () => {
    recordCalls([200, 201, 202]);
    await trail.drained();
    const [row] = await trail.dataSource.query<[{ positions: number; isWriter: boolean }]>(
      `SELECT count(DISTINCT position)::int AS positions, bool_and(position = xmin::text::bigint) AS "isWriter"
       FROM audit_calls`,
    );
    expect(row).toEqual({ positions: 1, isWriter: true });
  });

  it('are verified with the events that were spooled with them', async () => {
    const announced: string[] = [];
    trail.audit.committed.subscribe(({ type }) => announced.push(type));
    recordCalls([200]);
    trail.audit.recordRefusal(REFUSED);
    recordCalls([201]);
    await trail.sealed();
    expect(announced).toEqual(['authz_fail']);
    expect(await trail.verification.verify()).toMatchObject({ intact: true, entries: 3 });
  });

  it('are stored once if they are sent twice', async () => {
    const lines = Array.from({ length: 20 }, () => rowOf(entry(CALL)));
    lines.slice(0, 12).forEach(spooled);
    await trail.drained();
    lines.forEach(spooled);
    await trail.sealed();
    expect(await statuses()).toHaveLength(20);
    expect(await trail.verification.verify()).toMatchObject({ intact: true, entries: 20 });
  });

  it.each([
    ['a call', '\t401\t', '\t200\t'],
    ['a refusal', '"admin"', '"user"'],
  ])('cannot be changed while they wait: %s', async (_what, is, becomes) => {
    trail.audit.recordCall({ ...CALL, status: 401 });
    trail.audit.recordRefusal(REFUSED);
    const [segment] = trail.module.get(AuditSpool).waiting();
    const content = readFileSync(segment!.path, 'utf8');
    writeFileSync(segment!.path, content.replace(is, becomes));
    await trail.sealed();
    expect(await trail.verification.verify()).toMatchObject({
      intact: false,
      firstFault: { kind: 'altered' },
    });
  });

  it('keep every character chosen by their senders', async () => {
    const expected = new Map<string, string>();
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          reason: hostile,
          method: hostile,
          route: hostile,
          origin: fc.record({ ip: hostile, userAgent: hostile, requestId: hostile }),
        }),
        async ({ origin, ...texts }) => {
          const call = entry({ ...CALL, ...texts, origin: { ...ORIGIN, ...origin } });
          expected.set(call.id, canonicalEntry(call));
          spooled(rowOf(call));
        },
      ),
      { numRuns: 300 },
    );
    await trail.drained();
    expect(asked).toEqual(['COPY']);
    const rows = await trail.dataSource.query<
      ({ id: string; digest: string } & EntryProof & ReturnType<typeof entry>)[]
    >(`SELECT ${CALL_COLUMNS}, ${CALL_PROOF_COLUMNS}, encode(digest, 'hex') AS digest FROM audit_calls`);
    expect(new Map(rows.map((row) => [row.id, canonicalEntry(row)]))).toEqual(expected);
    for (const row of rows) expect(row.digest).toBe(digestOf(sealedText(row, row)));
    await trail.sealed();
    expect(await trail.verification.verify()).toMatchObject({ intact: true, entries: expected.size });
  });

  it('are quarantined separately if PostgreSQL refuses them, and the others are written', async () => {
    await attacker.run('ALTER TABLE audit_calls ADD CONSTRAINT forbidden CHECK (status <> 500) NOT VALID');
    recordCalls([200, 500, 201]);
    trail.audit.recordRefusal(REFUSED);
    await trail.drained();
    expect(await statuses()).toEqual([200, 201]);
    expect(await trail.types()).toContain('authz_fail');
    expect((await trail.quarantine()).map((line) => JSON.parse(line) as AuditEntry)).toMatchObject([
      { kind: 'call', status: 500 },
    ]);
  });

  it('get a partition if it is missing', async () => {
    const call = entry(CALL);
    const id = call.id.replace(/^.{13}/, '01970000-0000');
    spooled(rowOf({ ...call, id, time: timeOfEntry(id).toISOString() }));
    recordCalls([200]);
    await trail.sealed();
    expect(await statuses()).toHaveLength(2);
    expect(await trail.verification.verify()).toMatchObject({ intact: true, entries: 2 });
  });

  it('wait while their table is locked, and release the connection', async () => {
    await attacker.run('BEGIN');
    await attacker.run('LOCK TABLE audit_calls');
    recordCalls([200]);
    await expect(trail.drained()).rejects.toMatchObject({ driverError: { code: '57014' } });
    await attacker.run('ROLLBACK');
    await trail.drained();
    expect(await statuses()).toEqual([200]);
  });
});

describe('Calls on their way to a PostgreSQL that stops responding', () => {
  let proxy: TcpProxy;
  let trail: Trail;

  beforeEach(async () => {
    const database = await freshDatabase();
    proxy = await startTcpProxy(Number(new URL(database.url).port));
    const through = Object.assign(new URL(database.url), { hostname: '127.0.0.1', port: String(proxy.port) });
    trail = await startTrail({ database, settings: { DATABASE_URL: through.href } });
  });
  afterEach(async () => {
    await trail.stop();
    await proxy.stop();
    await trail.database.drop();
  });

  it.each([
    ['before their rows are there', { deaf: true }],
    ['when they are committed', { deaf: false }],
  ])('are abandoned within the deadline, and finally stored once: %s', async (_when, options) => {
    for (let n = 0; n < 50; n++) trail.audit.recordCall(CALL);
    proxy.fallSilentAfter(COPY_IN_RESPONSE, options);
    const startedMs = performance.now();
    await expect(trail.drained()).rejects.toThrow('Query read timeout');
    expect(performance.now() - startedMs).toBeLessThan(GIVEN_UP_MS);
    expect(trail.audit.spoolBytes).toBeGreaterThan(0);
    await trail.sealed();
    expect(trail.audit.spoolBytes).toBe(0);
    expect(await trail.verification.verify()).toMatchObject({ intact: true, entries: 50 });
  });
});
