import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Client } from 'pg';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import type { DatabaseSettings } from '../../../src/platform/database/data-source-options.js';
import { migrate } from '../../../src/platform/database/migrate.js';
import { checkServiceRole } from '../../../src/platform/database/service-role-check.js';

/** The statements of docs/operations.md before and after `\connect`, with names that no other test uses. */
function documented(name: string): readonly [string[], string[]] {
  const document = readFileSync('docs/operations.md', 'utf8');
  const [, script] = /```sql\n(CREATE ROLE portcullis_owner .*?)```/s.exec(document)!;
  const [before, after] = script!
    .replace(/ +--.*$/gm, '')
    .replaceAll(`'...'`, `'secret'`)
    .replaceAll('portcullis', name)
    .split(`\\connect ${name}\n`);
  return [statementsOf(before!), statementsOf(after!)];
}

const statementsOf = (script: string) => script.split(/;\n?/).filter((statement) => statement.trim() !== '');

/** Before version 15, the schema `public` belongs to the superuser who created the cluster, and all roles can use it. */
const AS_BEFORE_15 = 'ALTER SCHEMA public OWNER TO CURRENT_USER; GRANT ALL ON SCHEMA public TO PUBLIC';

const urlOf = (database: string, role?: string): string => {
  const url = new URL(inject('postgres').superuserUrl);
  url.pathname = `/${database}`;
  if (role !== undefined) [url.username, url.password] = [role, 'secret'];
  return url.href;
};

async function run(url: string, statements: readonly string[]): Promise<void> {
  const client = new Client(url);
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}

describe('The statements for two database roles in docs/operations.md', () => {
  it.each([
    ['a superuser', { isSuperuser: true, made: [] }],
    ['a superuser of PostgreSQL 14', { isSuperuser: true, made: [AS_BEFORE_15] }],
    ['the administrator of a managed server', { isSuperuser: false, made: [] }],
  ])('are sufficient for %s', async (_who, { isSuperuser, made }) => {
    const name = `portcullis_test_${randomBytes(6).toString('hex')}`;
    const admin = `${name}_admin`;
    const superuserUrl = inject('postgres').superuserUrl;
    const [before, after] = documented(name);
    onTestFinished(() =>
      run(superuserUrl, [
        `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`,
        ...[`${name}_owner`, name, admin].map((role) => `DROP ROLE IF EXISTS ${role}`),
      ]),
    );
    await run(superuserUrl, [`CREATE ROLE ${admin} LOGIN CREATEDB CREATEROLE PASSWORD 'secret'`]);
    const as = isSuperuser ? undefined : admin;
    const membership = (statement: string) => statement.includes('TO CURRENT_USER');
    await run(
      urlOf('postgres', as),
      before.filter((statement) => !isSuperuser || !membership(statement)),
    );
    await run(urlOf(name), made);
    await run(urlOf(name, as), after);

    const settings: DatabaseSettings = {
      DATABASE_URL: urlOf(name, name),
      DATABASE_MIGRATION_URL: urlOf(name, `${name}_owner`),
      DATABASE_POOL_SIZE: 2,
      DATABASE_SSL: 'off',
    };
    await migrate(settings);
    await expect(checkServiceRole(settings)).resolves.toBeUndefined();
  });
});
