import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { AccountImport, type ImportOptions } from '../../../src/admin/import-export/account-import.js';
import { AccountPreparation } from '../../../src/admin/import-export/account-preparation.js';
import { AccountTransferRepository } from '../../../src/admin/import-export/account-transfer.repository.js';
import { ImportCheck } from '../../../src/admin/import-export/import-check.js';
import { ImportedAccounts } from '../../../src/admin/import-export/imported-accounts.js';
import { AuditService } from '../../../src/audit/audit.service.js';
import { UuidV7 } from '../../../src/platform/crypto/uuid.js';
import { asDatabaseProblem } from '../../../src/platform/database/database-problem.js';
import { TransactionRunner } from '../../../src/platform/database/transaction-runner.js';
import { internalOrigin } from '../../../src/platform/http/origin.js';
import { newAddress } from '../../support/app/accounts.js';
import { asSuperuser } from '../../support/app/as-superuser.js';
import { startApp, type TestApp } from '../../support/app/test-app.js';

/** A server that is being restarted, and a connection that it has closed. */
const SHUT_DOWN = Object.assign(new Error('terminating connection'), { code: '57P01' });
const CLOSED = new Error('Connection terminated unexpectedly');

describe('An import', { timeout: 60_000 }, () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startApp();
  });
  afterAll(() => app.close());

  const get = <T>(service: abstract new (...args: never[]) => T) =>
    app.app.get<T>(service, { strict: false });
  const options: ImportOptions = {
    isDryRun: false,
    origin: internalOrigin('test'),
    onFault: () => undefined,
    onPreRegistered: () => undefined,
    onProgress: () => undefined,
  };
  async function* lines(rows: readonly object[]) {
    for (const row of rows) yield JSON.stringify(row);
  }
  const people = (count: number) =>
    Array.from({ length: count }, () => ({ email: newAddress(), emailVerified: true, roles: ['auditor'] }));
  const numberOf = async (rows: readonly { email: string }[]) => {
    const emails = rows.map(({ email }) => email);
    return (await asSuperuser(app.database, 'SELECT FROM users WHERE email = ANY ($1)', [emails])).length;
  };

  it('continues if PostgreSQL was away for a moment while it read', async () => {
    const repository = get(AccountTransferRepository);
    const existing = repository.existing.bind(repository);
    const unproven = repository.unproven.bind(repository);
    const ofThirdBatch = vi
      .spyOn(repository, 'existing')
      .mockImplementationOnce(existing)
      .mockImplementationOnce(existing)
      .mockRejectedValueOnce(asDatabaseProblem(SHUT_DOWN));
    const ofSecondBatch = vi
      .spyOn(repository, 'unproven')
      .mockImplementationOnce(unproven)
      .mockRejectedValueOnce(asDatabaseProblem(SHUT_DOWN));
    onTestFinished(() => {
      ofThirdBatch.mockRestore();
      ofSecondBatch.mockRestore();
    });
    const rows = people(600);
    const result = await get(AccountImport).run(lines(rows), options);
    expect(result).toEqual({ imported: 600, skipped: 0, faulty: 0 });
    expect(await numberOf(rows)).toBe(600);
  });

  it('counts what it has written as imported if the answer to its commit was lost', async () => {
    const transactions = get(TransactionRunner);
    let isLost = false;
    const run: TransactionRunner['run'] = async (work) => {
      const value = await transactions.run(work);
      if (isLost) return value;
      isLost = true;
      throw asDatabaseProblem(CLOSED);
    };
    const accounts = new AccountImport(
      get(ImportCheck),
      get(AccountPreparation),
      get(ImportedAccounts),
      get(AuditService),
      { run } as TransactionRunner,
      get(UuidV7),
    );
    const onPreRegistered = vi.fn<ImportOptions['onPreRegistered']>();
    const rows = people(3);
    const result = await accounts.run(lines(rows), { ...options, onPreRegistered });
    expect(result).toEqual({ imported: 3, skipped: 0, faulty: 0 });
    expect(onPreRegistered).not.toHaveBeenCalled();
    expect(await numberOf(rows)).toBe(3);
  });
});
