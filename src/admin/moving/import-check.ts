import { Injectable } from '@nestjs/common';
import { MasterKey, Peppers } from '../../platform/crypto/master-key.js';
import type { NumberedRow } from './import-row.js';
import { MovedAccountsRepository } from './moved-accounts.repository.js';

/** A line that cannot be imported. */
interface LineFault {
  readonly line: number;
  readonly message: string;
}

/** The lines of a batch by what is to be done with them. */
export interface SortedRows {
  readonly fresh: readonly NumberedRow[];
  readonly skipped: number;
  readonly faults: readonly LineFault[];
}

/** Compares lines that are valid by themselves with the accounts that exist and the secrets that are known. */
@Injectable()
export class ImportCheck {
  constructor(
    private readonly repository: MovedAccountsRepository,
    private readonly peppers: Peppers,
    private readonly masterKey: MasterKey,
  ) {}

  async sort(batch: readonly NumberedRow[]): Promise<SortedRows> {
    const taken = await this.repository.existing(batch.map(({ account }) => account.email));
    const rest = batch.filter(({ account }) => !taken.has(account.email));
    const ids = rest.flatMap(({ account: { id } }) => (id === undefined ? [] : [id]));
    const used = await this.repository.usedIds(ids);
    const seen = new Set<string>();
    const fresh: NumberedRow[] = [];
    const faults: LineFault[] = [];
    for (const row of rest) {
      const { id } = row.account;
      const isUsed = id !== undefined && (used.has(id) || seen.has(id));
      if (id !== undefined) seen.add(id);
      const message = isUsed ? 'the id belongs to another account, or once did' : this.missingSecret(row);
      if (message === null) fresh.push(row);
      else faults.push({ line: row.line, message });
    }
    return { fresh, skipped: batch.length - rest.length, faults };
  }

  private missingSecret({ password, recoveryCodes }: NumberedRow): string | null {
    if (password?.kind === 'own' && !this.peppers.knows(password.pepperId!))
      return `passwordHash needs the pepper with the key id ${password.pepperId}; name it in PASSWORD_PEPPER_PREVIOUS`;
    const unknown = recoveryCodes.find(({ keyId }) => !this.masterKey.knows(keyId));
    if (unknown)
      return `recoveryCodes need the secret with the key id ${unknown.keyId}; name it in JWT_SECRET_KEY_PREVIOUS`;
    return null;
  }
}
