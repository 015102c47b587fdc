import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { logIn, newAddress, PASSWORD, register, signUp } from '../support/app/accounts.js';
import { insist } from '../support/app/insist.js';
import { asSuperuser } from '../support/app/as-superuser.js';
import { startApp, startBeside, type TestApp } from '../support/app/test-app.js';
import { runHere } from '../support/cli/operator-commands.js';
import { type FreshDatabase, freshDatabase } from '../support/postgres/fresh-database.js';
import { eventually } from '../support/time/eventually.js';

describe('after a restore from a backup, people who were deleted since then', () => {
  const deleted = newAddress();
  const other = newAddress();
  let deletedId: string;
  let file: string;
  let original: FreshDatabase;
  let backup: FreshDatabase;
  let restored: TestApp;

  beforeAll(async () => {
    original = await freshDatabase();
    const before = await startApp({ database: original });
    await register(before, deleted);
    await register(before, other);
    await before.close();
    backup = await freshDatabase({ copyOf: original });
    const later = await startBeside(before);
    const { user, accessToken } = await logIn(later, deleted);
    deletedId = user.id;
    const own = { method: 'DELETE', url: '/users/me', token: accessToken } as const;
    await insist(() => later.call(own));
    const kept = join(later.environment.DATA_DIR, 'erased.ndjson');
    const ids = await eventually(() => readFileSync(kept));
    await later.close();
    restored = await startBeside({ ...before, database: backup });
    file = join(restored.environment.DATA_DIR, 'copy.ndjson');
    writeFileSync(file, ids);
  });
  afterAll(async () => {
    await restored?.close();
    await Promise.all([original.drop(), backup.drop()]);
  });

  const deleteAgain = async () => {
    const { code, stdout, stderr } = await runHere(restored, ['users', 'delete', '--from', file, '--json']);
    expect(stderr).not.toContain('rror');
    return { code, result: JSON.parse(stdout) as Record<string, number> };
  };
  const statusOf = async (email: string) => {
    const body = { email, password: PASSWORD };
    return (await restored.call({ url: '/auth/login', body })).statusCode;
  };

  it('are back, and are deleted again with their traces by the file that every instance keeps', async () => {
    expect([await statusOf(deleted), await statusOf(other)]).toEqual([200, 200]);
    expect(await deleteAgain()).toEqual({
      code: 0,
      result: { deleted: 1, requested: 0, known: 0, faulty: 0 },
    });
    expect([await statusOf(deleted), await statusOf(other)]).toEqual([401, 200]);
    await eventually(
      async () => {
        const left = await asSuperuser(
          backup,
          `SELECT FROM audit_events WHERE user_id = $1 AND address IS NOT NULL AND type <> 'personal_data_erased'`,
          [deletedId],
        );
        expect(left).toEqual([]);
      },
      { timeoutMs: 20_000 },
    );
  });

  it('have nothing left when it is repeated', async () => {
    expect(await deleteAgain()).toEqual({
      code: 0,
      result: { deleted: 0, requested: 0, known: 1, faulty: 0 },
    });
  });

  it('are to be erased from the trail even if the backup has no account of them', async () => {
    const { user } = await signUp(restored);
    await asSuperuser(backup, 'DELETE FROM users WHERE id = $1', [user.id]);
    writeFileSync(file, `${JSON.stringify({ userId: user.id, deletedAt: '2026-01-01T00:00:00.000Z' })}\n`);
    expect((await deleteAgain()).result).toMatchObject({ requested: 1 });
    const requested = await asSuperuser(backup, 'SELECT FROM erasures WHERE user_id = $1', [user.id]);
    expect(requested).toHaveLength(1);
  });

  it('do not hide lines that cannot be read', async () => {
    writeFileSync(file, 'nonsense\n\n{"userId":"no id"}\n');
    const { code, stdout, stderr } = await runHere(restored, ['users', 'delete', '--from', file]);
    expect([code, stdout]).toEqual([65, expect.stringContaining('Accounts deleted: 0.')]);
    expect(stderr).toMatch(/line 1: .*\n.*line 3: /s);
  });

  it.each([
    ['neither an account nor a file', ['users', 'delete', '--yes'], 64],
    ['both', ['users', 'delete', 'a@example.com', '--from', 'a-file', '--yes'], 64],
    ['a file that does not exist', ['users', 'delete', '--from', 'no-such-file', '--yes'], 66],
  ])('need an account or a file: %s', async (_what, words, code) => {
    expect((await runHere(restored, words)).code).toBe(code);
  });
});
