import { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { copyIn } from '../../../src/platform/database/copy-in.js';
import { dataSourceOptions } from '../../../src/platform/database/data-source-options.js';
import { isRowAtFault } from '../../../src/platform/database/row-at-fault.js';
import { type FreshDatabase, freshDatabase } from '../../support/postgres/fresh-database.js';

const COPY = 'COPY note (text, value) FROM STDIN';

describe('Rows that are copied', () => {
  let database: FreshDatabase;
  let dataSource: DataSource;
  beforeAll(async () => {
    database = await freshDatabase({ migrated: false });
    const settings = { ...database.settings, DATABASE_URL: database.superuserUrl, DATABASE_POOL_SIZE: 1 };
    dataSource = await new DataSource(dataSourceOptions(settings, 'service')).initialize();
    await dataSource.query('CREATE TABLE note (text text CHECK (length(text) < 10), value bigint)');
  });
  afterAll(async () => {
    await dataSource.destroy();
    await database.drop();
  });
  beforeEach(() => dataSource.query('TRUNCATE note'));

  const ask = 'SELECT pg_current_xact_id()';
  const lines = (...rows: string[]) => Buffer.from(rows.map((row) => `${row}\n`).join(''));
  const backend = async () =>
    (await dataSource.query<[{ pid: number }]>('SELECT pg_backend_pid() AS pid'))[0].pid;
  const setting = async (name: string) =>
    (await dataSource.query<[{ value: string }]>('SELECT current_setting($1) AS value', [name]))[0].value;

  it('get the value that was read in their transaction', async () => {
    await copyIn(dataSource, { ask, copy: COPY, rows: lines('one', 'two') });
    expect(
      await dataSource.query('SELECT text, value = xmin::text::bigint AS own FROM note ORDER BY text'),
    ).toEqual([
      { text: 'one', own: true },
      { text: 'two', own: true },
    ]);
  });

  it.each([
    ['a row', ['one', 'far too long a text', 'two']],
    ['their format', ['one', 'two\tfields', 'three']],
    ['one of very many', [...Array.from({ length: 50_000 }, (_, n) => `row ${n}`), 'far too long a text']],
  ])('are all rejected for %s, and the connection stays usable', async (_what, rows) => {
    const before = await backend();
    await expect(copyIn(dataSource, { ask, copy: COPY, rows: lines(...rows) })).rejects.toSatisfy(
      isRowAtFault,
    );
    expect(await dataSource.query('SELECT FROM note')).toEqual([]);
    expect(await backend()).toBe(before);
  });

  it('are not reported as faulty if the value cannot be read', async () => {
    const refused = copyIn(dataSource, {
      ask: 'SELECT nothing FROM nowhere',
      copy: COPY,
      rows: lines('one'),
    });
    await expect(refused).rejects.toMatchObject({ driverError: { code: '42P01' } });
    await expect(refused).rejects.not.toSatisfy(isRowAtFault);
  });

  it('have TCP keepalive on their connection while the server waits for them, and only then', async () => {
    const usual = await setting('tcp_keepalives_idle');
    await copyIn(dataSource, {
      ask: `SELECT current_setting('tcp_keepalives_idle')`,
      copy: COPY,
      rows: lines('seconds'),
    });
    expect(await dataSource.query('SELECT value::int FROM note')).toEqual([{ value: 10 }]);
    expect(await setting('tcp_keepalives_idle')).toBe(usual);
  });
});
