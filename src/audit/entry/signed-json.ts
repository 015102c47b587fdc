import type { AuditEntry } from '../audit-entry.js';

/** The values that authenticate an entry, all in lower-case hex. */
export interface EntrySignature {
  /** The part that the seal will contain. */
  readonly digest: string;
  readonly mac: string;
  /** The salts of the entry's origin and of its personal details; both null in format 1, the second one often. */
  readonly originSalt: string | null;
  readonly detailsSalt: string | null;
}

/** Returns an entry with its signature as additional members, in PostgreSQL's format for bytes. */
export function signedJson(
  entry: AuditEntry,
  { digest, mac, originSalt, detailsSalt }: EntrySignature,
): string {
  return JSON.stringify({
    ...entry,
    digest: bytes(digest),
    mac: bytes(mac),
    originSalt: originSalt && bytes(originSalt),
    detailsSalt: detailsSalt && bytes(detailsSalt),
  });
}

function bytes(hex: string): string {
  return String.raw`\x${hex}`;
}
