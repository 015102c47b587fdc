import { Injectable, Logger } from '@nestjs/common';
import { AuditService } from '../../audit/audit.service.js';
import { MasterKey } from '../../platform/crypto/master-key.js';
import { internalOrigin } from '../../platform/http/origin.js';
import { publicJwkOf } from './key-material.js';
import { PrivateKeyEncryption } from './private-key-encryption.js';
import type { SigningKey } from './signing-key.entity.js';
import { SuppliedKey } from './supplied-key.js';

/** The columns that the code of a row covers; changing one of them requires the master secret. */
type Vouched = Pick<SigningKey, 'kid' | 'algorithm' | 'publicJwk' | 'signsFrom'>;

/**
 * Distinguishes the keys of this installation from rows that an attacker has inserted (CWE-345). Every verifier,
 * including offline ones, trusts the key set, so one inserted row would otherwise be enough to forge tokens.
 */
@Injectable()
export class KeyAuthenticity {
  private readonly logger = new Logger(KeyAuthenticity.name);
  private readonly rejected = new Set<string>();

  constructor(
    private readonly masterKey: MasterKey,
    private readonly encryption: PrivateKeyEncryption,
    private readonly supplied: SuppliedKey,
    private readonly audit: AuditService,
  ) {}

  /** The code that a row must have: HMAC-SHA-256 over the public key, its name and the time from which it signs. */
  codeOf(row: Vouched): Buffer {
    return this.masterKey.mac('signing-key-row', statementOf(row));
  }

  /** Returns the id of the master secret that made the code of a row; null if there is no code, or a wrong one. */
  madeWith(row: SigningKey): string | null {
    return row.mac && this.masterKey.idOfMac('signing-key-row', statementOf(row), row.mac);
  }

  /** Returns the authentic rows. This process records each ignored row once, which raises an alert. */
  genuine(rows: readonly SigningKey[]): SigningKey[] {
    return rows.filter((row) => {
      const genuine = this.isGenuine(row);
      if (!genuine) this.reject(row.kid);
      return genuine;
    });
  }

  /** Whether {@link genuine} would ignore a row that this process has not recorded yet. */
  rejectsAnother(rows: readonly SigningKey[]): boolean {
    return rows.some((row) => !this.rejected.has(row.kid) && !this.isGenuine(row));
  }

  private isGenuine(row: SigningKey): boolean {
    return row.mac ? this.madeWith(row) !== null : this.isProvenOtherwise(row);
  }

  /** Whether a row of the previous version, which has no code, is the supplied key or one that we can decrypt. */
  private isProvenOtherwise({ kid, algorithm, sealedPrivateKey }: SigningKey): boolean {
    if (kid === this.supplied.kid) return true;
    if (sealedPrivateKey === null || (algorithm !== 'RS256' && algorithm !== 'ES256')) return false;
    try {
      return publicJwkOf(this.encryption.decrypt(sealedPrivateKey, kid), algorithm).kid === kid;
    } catch {
      return false;
    }
  }

  private reject(kid: string): void {
    if (this.rejected.has(kid)) return;
    this.rejected.add(kid);
    this.logger.error({ kid }, 'A row of signing_keys is not authentic and was ignored.');
    const event = {
      type: 'signing_key_rejected' as const,
      outcome: 'failure' as const,
      reason: 'not_authentic',
      origin: internalOrigin('signing-keys'),
      details: { kid: kid.slice(0, MAX_RECORDED_KID) },
    };
    // Retried at the next read if PostgreSQL is unavailable.
    this.audit.recordAlone(event).catch(() => this.rejected.delete(kid));
  }
}

function statementOf({ kid, algorithm, publicJwk, signsFrom }: Vouched): string {
  const { kty, n, e, crv, x, y } = publicJwk;
  return JSON.stringify([kid, algorithm, kty, n, e, crv, x, y, signsFrom.getTime()]);
}

/** A forged row can contain any text as its key's name. */
const MAX_RECORDED_KID = 64;
