import { Injectable } from '@nestjs/common';
import { EmailReservations } from '../../auth/email/email-reservations.js';
import { Environment } from '../../platform/config/environment.js';
import { MasterKey, Peppers } from '../../platform/crypto/master-key.js';
import type { NumberedRow } from './import-row.js';
import { TransferredPasskeys } from './transferred-passkeys.js';
import { AccountTransferRepository } from './account-transfer.repository.js';

/** A line that cannot be imported. */
interface LineFault {
  readonly line: number;
  readonly message: string;
}

/** What earlier lines of a file have, which is not in the database during a dry run. */
export interface EarlierLines {
  readonly ids: Set<string>;
  readonly credentials: Set<string>;
}

/** The lines of a batch by what is to be done with them. */
export interface SortedRows {
  readonly fresh: readonly NumberedRow[];
  readonly skipped: readonly NumberedRow[];
  readonly faults: readonly LineFault[];
}

/** Compares lines that are valid by themselves with the accounts that exist and the secrets that are known. */
@Injectable()
export class ImportCheck {
  constructor(
    private readonly repository: AccountTransferRepository,
    private readonly peppers: Peppers,
    private readonly masterKey: MasterKey,
    private readonly passkeys: TransferredPasskeys,
    private readonly reservations: EmailReservations,
    private readonly environment: Environment,
  ) {}

  /**
   * `earlier` has what former batches of the file have, and gets what this one has, after everything has been read: if
   * PostgreSQL is unavailable, it is unchanged. Throws `dependency_unavailable` then.
   */
  async sort(batch: readonly NumberedRow[], earlier: EarlierLines): Promise<SortedRows> {
    const emails = batch.map(({ account }) => account.email);
    const taken = await this.repository.existing(emails);
    const reserved = await this.reservations.reservedAmong(emails);
    const isFree = ({ account: { email } }: NumberedRow) => !taken.has(email) && !reserved.has(email);
    const rest = batch.filter(isFree);
    const ids = rest.flatMap(({ account: { id } }) => (id === undefined ? [] : [id]));
    const used = await this.repository.usedIds(ids);
    const registered = await this.passkeys.registered(rest.flatMap(({ account }) => account.passkeys ?? []));
    const fresh: NumberedRow[] = [];
    const faults: LineFault[] = [];
    for (const row of rest) {
      const { id } = row.account;
      const isUsed = id !== undefined && (used.has(id) || earlier.ids.has(id));
      if (id !== undefined) earlier.ids.add(id);
      const message = isUsed
        ? 'the id belongs to another account, or once did'
        : (this.missingSecret(row) ?? this.dearHash(row) ?? this.passkeyFault(row, registered, earlier));
      if (message === null) fresh.push(row);
      else faults.push({ line: row.line, message });
    }
    return { fresh, skipped: batch.filter((row) => !isFree(row)), faults };
  }

  /**
   * Returns those of the skipped lines whose address is verified, but was not proven by the account that has it: somebody
   * else may have registered it before its owner was imported.
   */
  async preRegistered(skipped: readonly NumberedRow[]): Promise<number[]> {
    const verified = skipped.filter(({ account }) => account.emailVerified);
    const unproven = await this.repository.unproven(verified.map(({ account }) => account.email));
    return verified.filter(({ account }) => unproven.has(account.email)).map(({ line }) => line);
  }

  private passkeyFault(
    { account: { passkeys = [] } }: NumberedRow,
    registered: ReadonlySet<string>,
    { credentials }: EarlierLines,
  ): string | null {
    const fault = this.passkeys.faultOf(passkeys);
    if (fault !== null) return fault;
    if (passkeys.some(({ credentialId }) => registered.has(credentialId) || credentials.has(credentialId)))
      return 'passkeys: one of them is registered for another account';
    for (const { credentialId } of passkeys) credentials.add(credentialId);
    return null;
  }

  /** Every login does the work of the dearest hash of this service that is stored (`PasswordHasher.verify`). */
  private dearHash({ password }: NumberedRow): string | null {
    if (password?.kind !== 'own') return null;
    const cost = Number(password.hash.slice(4, 6));
    const { BCRYPT_ROUNDS } = this.environment;
    if (cost <= BCRYPT_ROUNDS) return null;
    return (
      `passwordHash has the cost ${cost}, which is above BCRYPT_ROUNDS (${BCRYPT_ROUNDS}) and would slow down every login; ` +
      'raise BCRYPT_ROUNDS, or leave the hash out, and the owner sets a password by "forgot password"'
    );
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
