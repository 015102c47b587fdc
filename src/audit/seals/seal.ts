import { hash } from 'node:crypto';
import { canonicalJson } from '../entry/canonical-entry.js';
import type { AuditTable } from '../partitions/partitions.repository.js';
import type { Month } from '../partitions/month.js';
import { treeOf } from './members.js';

/** A month dropped by retention, as recorded by the seal created in the same transaction. */
export interface DroppedPartition {
  readonly table: AuditTable;
  readonly month: Month;
  /** For a dropped month of seals, its last seal, from which the chain continues; otherwise null. */
  readonly lastSeal: Pick<Seal, 'number' | 'hash'> | null;
}

/** The format of new seals: their hash covers the root of a tree. Format 1 covers a hash of all members together. */
export const SEAL_FORMAT = 2;

/** The change of the sealing key, stated by the first seal of the new one. Public keys are SubjectPublicKeyInfo, DER, base64. */
export interface SealKeyChange {
  readonly from: string;
  readonly to: string;
  /** The former key's signature over the hash of this seal, in hex. */
  readonly signature: string;
}

/** The contents of a seal. Hashes are in lower-case hex. */
export interface SealStatement {
  /** 1, or {@link SEAL_FORMAT}. */
  readonly format: number;
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
  /** The hash of the previous seal. */
  readonly previous: string;
  /** Null in all seals but those that change the key. */
  readonly keyChange: SealKeyChange | null;
}

/** A link of the chain. */
export interface Seal extends SealStatement {
  readonly hash: string;
  /** Ed25519 signature over the 32 bytes of the hash, in hex, for verification by others. */
  readonly signature: string;
  /**
   * The code of {@link sealDigest} in hex, for verification by the service. It takes a sixtieth of the time of a
   * signature, and every seal must be verified: otherwise, a seal created in good faith after a forged one would
   * confirm the forgery.
   */
  readonly mac: string;
}

/**
 * The data from which the next seal continues and a checkpoint is made: everything but the entries' ids and digests.
 */
export type SealEnd = Pick<Seal, 'number' | 'time' | 'toPosition' | 'hash' | 'signature'>;

/** The end of the chain, with the master secret that made it; null for one that is gone. */
export type GenuineEnd = SealEnd & { readonly madeWith: string | null };

/** Returns the digest over which a seal's code is computed. */
export function sealDigest({ hash: sealed, signature }: Pick<Seal, 'hash' | 'signature'>): string {
  return hash('sha256', sealed + signature, 'hex');
}

/** The first seal's value for the hash of the previous one. */
export const NO_SEAL = '0'.repeat(64);

/** A statement in which the members are replaced by one hash in hex. */
export type HashedStatement = Omit<SealStatement, 'members'> & {
  /** In format 1, the SHA-256 of the members' bytes; in format 2, the root of their Merkle tree. */
  readonly proof: string;
};

/** Returns the hash that stands for the members of a seal in its statement. */
export function proofOf({ format, members }: Pick<SealStatement, 'format' | 'members'>): string {
  return format === 1 ? hash('sha256', members, 'hex') : treeOf(members).root;
}

/** SHA-256 of the statement according to RFC 8785, in which the members are replaced by one hash. */
export function sealHash(seal: SealStatement): string {
  return statementHash({ ...seal, proof: proofOf(seal) });
}

/** Like {@link sealHash}, for a statement whose members are already hashed. */
export function statementHash(statement: HashedStatement): string {
  const { format, number, time, fromPosition, toPosition, events, calls, proof } = statement;
  const { retired, previous, keyChange } = statement;
  const change = keyChange && { keyChange: { from: keyChange.from, to: keyChange.to } };
  const common = { number, time, fromPosition, toPosition, events, calls, retired, previous, ...change };
  const versioned = format === 1 ? { ...common, members: proof } : { ...common, format, root: proof };
  return hash('sha256', canonicalJson(versioned), 'hex');
}
