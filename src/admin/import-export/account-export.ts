import { Injectable } from '@nestjs/common';
import { foreignHash } from '../../auth/credentials/passwords/foreign/foreign-hashes.js';
import { foreignHashText } from '../../auth/credentials/passwords/foreign/foreign-hash-text.js';
import { TotpSecrets } from '../../auth/credentials/factors/totp/totp-secrets.js';
import { TransferredPasskeys } from './transferred-passkeys.js';
import { AuditService } from '../../audit/audit.service.js';
import { MasterKey, Peppers } from '../../platform/crypto/master-key.js';
import type { Origin } from '../../platform/http/origin.js';
import {
  type AccountWithSecrets,
  type ExportedAccount,
  AccountTransferRepository,
} from './account-transfer.repository.js';

const PAGE = 1000;

/** Before every id. */
const FIRST = '00000000-0000-0000-0000-000000000000';

/** How to export. */
export interface ExportOptions {
  /** Whether hashes, secrets of authenticator apps, passkeys and digests of recovery codes are included. */
  readonly withSecrets: boolean;
  readonly origin: Origin;
  /** Called for each account with second factors that are left out, because their rows have been altered. */
  readonly onLeftOut: (userId: string, factors: number) => void;
}

/** Exports accounts in the form in which they are imported. */
@Injectable()
export class AccountExport {
  constructor(
    private readonly accounts: AccountTransferRepository,
    private readonly appSecrets: TotpSecrets,
    private readonly passkeys: TransferredPasskeys,
    private readonly peppers: Peppers,
    private readonly masterKey: MasterKey,
    private readonly audit: AuditService,
  ) {}

  /** Returns how many accounts there are. */
  async count(): Promise<number> {
    return this.accounts.count();
  }

  /** Records the export and yields one line of JSON per account, with its line feed. Throws `dependency_unavailable`. */
  async *lines({ withSecrets, origin, onLeftOut }: ExportOptions): AsyncGenerator<string> {
    await this.audit.recordAlone({
      type: 'accounts_exported',
      outcome: 'success',
      origin,
      details: { secrets: withSecrets },
    });
    let after = FIRST;
    for (;;) {
      const page = withSecrets
        ? (await this.accounts.pageWithSecrets(after, PAGE)).map((account) =>
            this.withSecrets(account, onLeftOut),
          )
        : await this.accounts.page(after, PAGE);
      for (const account of page) yield `${JSON.stringify(withoutNulls(account))}\n`;
      if (page.length < PAGE) return;
      after = page.at(-1)!.id;
    }
  }

  private withSecrets(
    { hash, pepperId, apps, passkeys: stored, codes, ...account }: AccountWithSecrets,
    onLeftOut: ExportOptions['onLeftOut'],
  ): ExportedAccount {
    const secrets = apps.flatMap((app) => this.secretOf(app, account.id) ?? []);
    const passkeys = this.passkeys.exported(account.id, stored);
    const leftOut = apps.length - secrets.length + stored.length - passkeys.length;
    if (leftOut > 0) onLeftOut(account.id, leftOut);
    const oldest = this.masterKey.ids.at(-1);
    return Object.assign(account, {
      passwordHash: hash === null ? null : this.hashOf(hash, pepperId),
      totpSecret: secrets.length > 1 ? secrets : (secrets[0] ?? null),
      passkeys: passkeys.length > 0 ? passkeys : null,
      recoveryCodes:
        codes.length > 0 ? codes.map((code) => ({ ...code, keyId: code.keyId ?? oldest })) : null,
    });
  }

  /** Returns the secret of an authenticator app; null for a row that this installation has not written. */
  private secretOf({ id, sealed }: AccountWithSecrets['apps'][number], userId: string): string | null {
    try {
      return this.appSecrets.open({ id, userId, sealedSecret: Buffer.from(sealed, 'hex') });
    } catch {
      return null;
    }
  }

  private hashOf(stored: string, pepperId: string | null): unknown {
    const foreign = foreignHash(stored);
    if (foreign) return foreignHashText(foreign);
    return { pepperId: pepperId ?? this.peppers.ids.at(-1), hash: stored };
  }
}

function withoutNulls(account: ExportedAccount): Partial<ExportedAccount> {
  return Object.fromEntries(Object.entries(account).filter(([, value]) => value !== null));
}
