/** A hash with the pepper that it needs. */
export interface StoredHash {
  readonly hash: string;
  /** Null for hashes of the first versions, which had one pepper, and for hashes of other systems. */
  readonly pepperId: string | null;
}

/** The beginning of a hash of another system, which was imported. */
export const FOREIGN_HASH = 'foreign:';

const WITH_PEPPER = /^([0-9a-f]{16})?:(.*)$/s;

/** The SQL expression of {@link joinedHash} for a row of `password_credentials`. */
export const JOINED_HASH = `coalesce(credential.pepper_id, '') || ':' || credential.hash`;

/** Returns a hash as callers pass it around: one text with the id of its pepper, so that the two are never mixed up. */
export function joinedHash({ pepperId, hash }: StoredHash): string {
  return `${pepperId ?? ''}:${hash}`;
}

/** Reverses {@link joinedHash}. */
export function storedHash(text: string): StoredHash {
  const [, pepperId, hash] = WITH_PEPPER.exec(text) ?? [];
  return { pepperId: pepperId ?? null, hash: hash ?? text };
}
