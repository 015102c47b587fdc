import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { AuditEntry } from '../../../src/audit/audit-entry.js';
import { AuditExport } from '../../../src/audit/reading/audit-export.js';
import { SealKey } from '../../../src/audit/seals/seal-key.js';
import { MasterKey } from '../../../src/platform/crypto/master-key.js';
import { ManualClock } from '../../support/time/manual-clock.js';
import { CALL, startTrail, type Trail } from '../../support/audit/trail.js';

const LATER = '9999-01-01T00:00:00.000Z';

describe('deploy/verify-audit-export.mjs', () => {
  let trail: Trail;
  let entries: AuditEntry[];
  let seals: string;
  let publicKey: string;

  beforeAll(async () => {
    trail = await startTrail();
    for (let seal = 1; seal <= 3; seal++) await trail.grow(4);
    const exports = trail.module.get(AuditExport);
    const exported = await text(exports.entries({}, undefined).text);
    entries = exported
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as AuditEntry);
    seals = await text(exports.sealsOf({}).text);
    publicKey = trail.module.get(SealKey).publicKeyOf(trail.module.get(MasterKey).id);
  });
  afterAll(() => trail.stop());

  /** Returns the exit code and the output for an export with these entries. */
  async function verify(exported: readonly AuditEntry[], ...flags: string[]) {
    return verifyAgainst(seals, exported, ...flags);
  }
  async function verifyAgainst(sealLines: string, exported: readonly AuditEntry[], ...flags: string[]) {
    const files = [join(trail.dataDir, 'audit.ndjson'), join(trail.dataDir, 'audit-seals.ndjson')];
    await writeFile(files[0]!, exported.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
    await writeFile(files[1]!, sealLines);
    return run(...files, publicKey, ...flags);
  }
  const run = (...parameters: string[]) =>
    new Promise<[code: number, said: string]>((resolve) => {
      const verifier = execFile(
        process.execPath,
        [join('deploy', 'verify-audit-export.mjs'), ...parameters],
        (_error, stdout, stderr) => resolve([verifier.exitCode!, stdout + stderr]),
      );
    });
  const inserted = (changes: Partial<AuditEntry> = {}): AuditEntry => ({
    ...entries[5]!,
    id: entries[5]!.id.replace(/.{12}$/, 'ffffffffffff'),
    ...changes,
  });

  it('accepts a complete and a partial export', async () => {
    expect(entries).toHaveLength(15);
    expect(await verify(entries, '--complete')).toEqual([0, '15 entries match their seals.\n']);
    expect(await verify(entries.slice(2, 4))).toEqual([0, '2 entries match their seals.\n']);
  });

  it('detects an inserted entry', async () => {
    const [code, said] = await verify([...entries, inserted()]);
    expect([code, said]).toEqual([1, `BROKEN: entry ${inserted().id} is in none of the seals\n`]);
  });

  it('detects an entry inserted before all others', async () => {
    const id = '01000000-0000-7000-8000-000000000000';
    const [code, said] = await verify([inserted({ id, time: '2010-01-01T00:00:00.000Z' }), ...entries]);
    expect([code, said]).toEqual([1, `BROKEN: entry ${id} is in none of the seals\n`]);
  });

  it('reports how many entries came after the last seal and are not proved', async () => {
    expect(await verify([...entries, inserted({ time: LATER })])).toEqual([
      0,
      '15 entries match their seals.\n1 came after the last seal: not sealed yet, and not proved.\n',
    ]);
  });

  it('detects a duplicate entry', async () => {
    expect(await verify([...entries, entries[3]!])).toEqual([
      1,
      `BROKEN: entry ${entries[3]!.id} appears twice\n`,
    ]);
  });

  it.each([{ outcome: 'success' }, { details: {} }, { time: LATER }, { address: null }] as object[])(
    'detects an altered entry: %o',
    async (change) => {
      const altered = entries.with(7, { ...entries[7]!, ...change });
      expect(await verify(altered)).toEqual([
        1,
        `BROKEN: entry ${entries[7]!.id} differs from what was sealed\n`,
      ]);
    },
  );

  it('detects a missing entry in an export that should be complete, but not in a partial one', async () => {
    const rest = entries.toSpliced(7, 1);
    expect(await verify(rest)).toEqual([0, '14 entries match their seals.\n']);
    const [code, said] = await verify(rest, '--complete');
    expect([code, said]).toEqual([
      1,
      `BROKEN: entry ${entries[7]!.id.replaceAll('-', '')} was sealed and is not in the export\n`,
    ]);
  });

  it.each([
    ['nothing', []],
    ['what is not sealed yet', [{ time: LATER }]],
  ])('does not accept %s as complete', async (_what, changes) => {
    const [code, said] = await verify(changes.map(inserted), '--complete');
    expect([code, said]).toEqual([1, 'BROKEN: none of the sealed entries is in the export\n']);
  });

  it('does not demand an entry that was in a spool when the export was made, and says so', async () => {
    const clock = new ManualClock(Date.now() - 60_000);
    const later = await startTrail({ clock });
    onTestFinished(() => later.stop());
    await later.grow(2);
    later.audit.recordCall(CALL);
    clock.advance(1000);
    await later.record(1);
    clock.advance(1000);
    const exports = later.module.get(AuditExport);
    const exported = (await text(exports.entries({}, undefined).text))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as AuditEntry);
    await later.sealed();
    const sealLines = await text(exports.sealsOf({}).text);
    expect(await verifyAgainst(sealLines, exported, '--complete')).toEqual([
      0,
      '4 entries match their seals.\n' +
        'Sealed after the last entry of the export, and not in it: 1. They may have come later.\n',
    ]);
    expect(await verifyAgainst(sealLines, exported.toSpliced(1, 1), '--complete')).toEqual([
      1,
      expect.stringContaining('was sealed and is not in the export'),
    ]);
  });

  it('proves nothing without a seal', async () => {
    expect(await verifyAgainst('', entries)).toEqual([1, 'BROKEN: there are no seals\n']);
  });

  it('detects a missing and an altered seal', async () => {
    const lines = seals.trimEnd().split('\n');
    expect(await verifyAgainst([lines[0], lines[2]].join('\n'), entries)).toMatchObject([
      1,
      expect.stringContaining('does not continue'),
    ]);
    expect(await verifyAgainst(seals.replace('"events":4', '"events":3'), entries)).toMatchObject([
      1,
      expect.stringContaining('its own hash'),
    ]);
  });

  it('prints its usage', async () => {
    expect(await run('audit.ndjson')).toMatchObject([64, expect.stringContaining('Usage')]);
    expect(await verify(entries, '--everything')).toMatchObject([64, expect.stringContaining('Usage')]);
  });
});
