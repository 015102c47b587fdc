import { hash } from 'node:crypto';
import { canonicalJson } from '../entry/canonical-entry.js';
import type { AuditTable } from '../partitions/partitions.repository.js';
import type { Month } from '../partitions/month.js';

/** A month that retention dropped, as the seal made in the same transaction says. */
export interface DroppedPartition {
  readonly table: AuditTable;
  readonly month: Month;
  /** Of a dropped month of seals: its last one, from which the chain goes on; else null. */
  readonly lastSeal: Pick<Seal, 'number' | 'hash'> | null;
}

/** What a seal states; hashes are lower-case hex. */
export interface SealStatement {
  readonly number: number;
  readonly time: string;
  /** All entries with fromPosition <= position < toPosition are members, and no others. */
  readonly fromPosition: number;
  readonly toPosition: number;
  readonly events: number;
  readonly calls: number;
  /** See `members.ts`. */
  readonly members: Buffer;
  readonly retired: readonly DroppedPartition[];
  /** The hash of the seal before. */
  readonly previous: string;
}

/** A link of the chain. */
export interface Seal extends SealStatement {
  readonly hash: string;
  /** Ed25519 over the 32 bytes of the hash, hex: what others verify by. */
  readonly signature: string;
  /**
   * The code of {@link sealDigest}, hex: what we verify by. Sixty times as fast as a signature, and each seal must be
   * verified: one that follows a forged seal, made by the service in good faith, would vouch for the forgery.
   */
  readonly mac: string;
}

/** What the next seal goes on from, and a witness keeps: all but what it has of each entry. */
export type SealEnd = Pick<Seal, 'number' | 'time' | 'toPosition' | 'hash' | 'signature'>;

/** What the code of a seal is over. */
export function sealDigest({ hash: sealed, signature }: Pick<Seal, 'hash' | 'signature'>): string {
  return hash('sha256', sealed + signature, 'hex');
}

/** What the first seal names as the one before it. */
export const NO_SEAL = '0'.repeat(64);

/** SHA-256 over the statement by RFC 8785, in which the members stand as their own SHA-256. */
export function sealHash(seal: SealStatement): string {
  return statementHash({ ...seal, members: hash('sha256', seal.members, 'hex') });
}

/** A statement in which the members stand as their SHA-256, hex. */
export type HashedStatement = Omit<SealStatement, 'members'> & { readonly members: string };

/** The same of a statement whose members are hashed already. */
export function statementHash(statement: HashedStatement): string {
  const { number, time, fromPosition, toPosition, events, calls, members, retired, previous } = statement;
  return hash(
    'sha256',
    canonicalJson({ number, time, fromPosition, toPosition, events, calls, members, retired, previous }),
    'hex',
  );
}
