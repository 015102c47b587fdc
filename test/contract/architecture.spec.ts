import { spawnSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../support/files/temporary-folder.js';

const DEPCRUISE = resolve('node_modules/.bin/depcruise');
const FILES = resolve('.dependency-cruiser.cjs');
const FOLDERS = resolve('.dependency-cruiser.folders.cjs');

/** The source files of a test tree: the path of each below `src`, and its imports. */
type Planted = Readonly<Record<string, readonly string[]>>;

/** The violations in a tree that consists of these files, as `rule: from → to`. */
async function violations(configuration: string, planted: Planted): Promise<string[]> {
  const folder = await temporaryFolder();
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: { module: 'nodenext' } }));
  for (const [name, imports] of Object.entries(planted)) {
    const file = join(folder, 'src', name);
    await mkdir(dirname(file), { recursive: true });
    const lines = imports.map((target, index) => `import { value as v${index} } from '${target}';`);
    await writeFile(
      file,
      `${lines.join('\n')}\nexport const value = [${imports.map((_, index) => `v${index}`).join()}];\n`,
    );
  }
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [DEPCRUISE, 'src', '--config', configuration, '--output-type', 'json'],
    { cwd: folder, encoding: 'utf8' },
  );
  expect(stderr).toBe('');
  const { summary } = JSON.parse(stdout) as {
    summary: { violations: { rule: { name: string }; from: string; to: string }[] };
  };
  return summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`).toSorted();
}

describe('The architecture check', () => {
  it('accepts imports to the left, and folders with imports in one direction', async () => {
    const planted = {
      'platform/clock/clock.ts': [],
      'users/names/name.ts': ['../../platform/clock/clock.js'],
      'users/user.ts': ['./names/name.js'],
      'admin/people.ts': ['../users/user.js', '../users/names/name.js'],
    };
    expect(await violations(FILES, planted)).toEqual([]);
    expect(await violations(FOLDERS, planted)).toEqual([]);
  });

  it('rejects an import of a module to the right, and of any module by the platform', async () => {
    const planted = {
      'admin/people/person.ts': [],
      'users/user.ts': ['../admin/people/person.js'],
      'platform/clock/clock.ts': ['../../users/user.js'],
    };
    expect(await violations(FILES, planted)).toEqual([
      'platform-imports-no-module: src/platform/clock/clock.ts → src/users/user.ts',
      'users-imports-only-to-its-left: src/users/user.ts → src/admin/people/person.ts',
    ]);
  });

  it('rejects folders that import each other, even if none of their files do', async () => {
    const planted = {
      'audit/seals/seal.ts': [],
      'audit/seals/chain.ts': ['../partitions/month.js'],
      'audit/partitions/month.ts': [],
      'audit/partitions/retention.ts': ['../seals/seal.js'],
    };
    expect(await violations(FILES, planted)).toEqual([]);
    expect(await violations(FOLDERS, planted)).toEqual([
      'no-folder-cycle: src/audit/partitions → src/audit/seals',
      'no-folder-cycle: src/audit/seals → src/audit/partitions',
    ]);
  });
});

/** The ways to write a row of `sessions`: SQL, TypeORM's entity manager, its query builder and its repositories. */
const WRITES_A_SESSION = [
  /\b(insert|merge)\s+into\s+"?sessions\b/i,
  /\bcopy\s+"?sessions\b/i,
  /\.(insert|save|upsert|create|into|getRepository)\(\s*Session\s*[,)]/,
  /\bRepository<Session>|@InjectRepository\(\s*Session\s*\)/,
];
const writesSession = (text: string) => WRITES_A_SESSION.some((pattern) => pattern.test(text));

const sources = globSync('src/**/*.ts', { exclude: ['src/**/*.spec.ts'] });
const sourcesThat = (holds: (text: string) => boolean) =>
  sources.filter((name) => holds(readFileSync(name, 'utf8')));

describe('Sessions', () => {
  it('are inserted by one repository', () => {
    expect(sourcesThat(writesSession)).toEqual(['src/sessions/sessions.repository.ts']);
  });

  it('are issued by one service, the only caller of that insert', () => {
    const issues = (text: string) => text.includes('SessionsRepository') && /\.insert\(/.test(text);
    expect(sourcesThat(issues)).toEqual([
      'src/sessions/sessions.repository.ts',
      'src/sessions/issuing/session-issuer.ts',
    ]);
  });

  it.each([
    'await tx.query(`INSERT INTO sessions (id) VALUES ($1)`, [id]);',
    'await tx.query(`\n  insert into\n    "sessions" AS s (id)`);',
    'await tx.query(`MERGE INTO sessions USING ...`);',
    'client.query("COPY sessions FROM STDIN");',
    'await tx.insert(Session, session);',
    'await tx.save(Session, { id });',
    'await tx.upsert(Session, { id }, ["id"]);',
    'tx.createQueryBuilder().insert().into(Session).values({ id });',
    'await dataSource.getRepository(Session).save({ id });',
    'constructor(@InjectRepository(Session) private readonly sessions: Repository<Session>) {}',
  ])('must not be inserted elsewhere: %j is found', (planted) => {
    expect(writesSession(planted)).toBe(true);
  });

  it.each(['await tx.query(`INSERT INTO sessions_archive`)', 'await tx.insert(SessionDevice, device);'])(
    'are distinguished from other entities: %j is accepted',
    (planted) => {
      expect(writesSession(planted)).toBe(false);
    },
  );
});
