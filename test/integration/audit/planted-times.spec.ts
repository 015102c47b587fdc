import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TrailReader } from '../../../src/audit/reading/trail-reader.js';
import { Tamperer } from '../../support/audit/tamperer.js';
import { startTrail, type Trail } from '../../support/audit/trail.js';

/** Ids of UUIDv7 whose times are years from those of the rows. */
const IDS = { past: '00000000-0000-7000-8000-', future: 'ffffffff-ffff-7000-8000-' };

/** Copies an entry as rows of later times. */
const PLANT = `
  INSERT INTO audit_events SELECT (jsonb_populate_record(copy, jsonb_build_object(
    'id', $2 || lpad(n::text, 12, '0'), 'time', time + n * interval '1 millisecond'))).*
  FROM audit_events copy, generate_series(1, $3::integer) AS n WHERE id = $1`;

describe.each(Object.entries(IDS))('Entries with a forged time in their ids, in the %s,', (_, prefix) => {
  let trail: Trail;
  let reader: TrailReader;
  let attacker: Tamperer;
  let first: string;
  let query: { from: string; to: string };

  beforeEach(async () => {
    trail = await startTrail();
    reader = trail.module.get(TrailReader);
    attacker = await Tamperer.on(trail.database.superuserUrl);
    await trail.record(1);
    [first] = (await attacker.ids('audit_events')) as [string];
    const now = Date.now();
    query = {
      from: new Date(now - 3_600_000).toISOString(),
      to: new Date(now + 3_600_000).toISOString(),
    };
  });
  afterEach(async () => {
    await attacker.end();
    await trail.stop();
  });

  it('do not end a list early, and are not listed twice', async () => {
    await attacker.change(PLANT, first, prefix, 2);
    const listed: string[] = [];
    let cursor: string | null = null;
    for (let pages = 0; pages < 3; pages++) {
      const page = await reader.list({ ...query, limit: 1, ...(cursor !== null && { cursor }) });
      listed.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor;
    }
    expect(listed).toEqual([`${prefix}000000000002`, `${prefix}000000000001`, first]);
    expect(cursor).toBeNull();
  });

  it('do not end an export early, and are not exported twice', async () => {
    // An export reads 200 entries at a time.
    await attacker.change(PLANT, first, prefix, 600);
    const pages = reader.all(reader.exportQuery(query));
    const exported: string[] = [];
    for (let page = 0; page < 5; page++) {
      const { value } = await pages.next();
      exported.push(...(value ?? []).map(({ id }: { id: string }) => id));
    }
    expect(exported).toHaveLength(601);
    expect(new Set(exported).size).toBe(601);
  });
});
