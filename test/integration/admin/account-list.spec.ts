import { DataSource } from 'typeorm';
import { expect, it, onTestFinished, vi } from 'vitest';
import { AccountDirectory } from '../../../src/admin/directory/account-directory.js';
import { asSuperuser } from '../../support/app/as-superuser.js';
import { createAccount } from '../../support/app/people.js';
import { startApp } from '../../support/app/test-app.js';

it('The list of accounts continues behind one that is deleted while a page is read', async () => {
  const app = await startApp();
  onTestFinished(() => app.close());
  const emails: string[] = [];
  for (let n = 0; n < 3; n += 1) emails.push(await createAccount(app));
  const { manager } = app.app.get(DataSource, { strict: false });
  const findBy = manager.findBy.bind(manager);
  // The ids of the page are known, but its accounts have not been read.
  const reading = vi.spyOn(manager, 'findBy').mockImplementationOnce(async (entity, where) => {
    await asSuperuser(app.database, 'DELETE FROM users WHERE email = $1', [emails[1]]);
    return findBy(entity, where);
  });
  onTestFinished(() => reading.mockRestore());
  const directory = app.app.get(AccountDirectory, { strict: false });
  const first = await directory.page({}, 1);
  expect(first.items.map(({ email }) => email)).toEqual([emails[0]]);
  expect(first.nextCursor).not.toBeNull();
  const second = await directory.page({}, 1, first.nextCursor!);
  expect(second.items.map(({ email }) => email)).toEqual([emails[2]]);
  expect(second.nextCursor).toBeNull();
});
