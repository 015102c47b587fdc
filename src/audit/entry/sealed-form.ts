import type { AuditEntry } from '../audit-entry.js';
import { canonicalDetails, canonicalEntry } from './canonical-entry.js';
import { commitment } from './commitment.js';
import { originText, personalDetailsText, splitDetails } from './personal-members.js';

/**
 * What proves the personal members of an entry. Each of the two parts, the origin (`address`, `userAgent`) and the
 * personal details, has a salt; once it is erased, it has its commitment instead. All are in lower-case hex. An entry
 * of format 1 has none of them.
 */
export interface EntryProof {
  readonly originSalt: string | null;
  readonly originCommitment: string | null;
  /** Null if the entry has no personal details, or if they are erased. */
  readonly detailsSalt: string | null;
  readonly detailsCommitment: string | null;
}

/** The proof of an entry of format 1. */
export const NO_PROOF: EntryProof = {
  originSalt: null,
  originCommitment: null,
  detailsSalt: null,
  detailsCommitment: null,
};

/** The commitments to the two parts; null for details without a personal member. */
export interface Commitments {
  readonly origin: string;
  readonly details: string | null;
}

/** Whether an entry has format 2, in which personal members are sealed by commitments. */
export function isFormat2({ originSalt, originCommitment }: EntryProof): boolean {
  return originSalt !== null || originCommitment !== null;
}

/** Returns the text by which an entry is authenticated and sealed, in the format that its proof shows. */
export function sealedText(entry: AuditEntry, proof: EntryProof): string {
  return isFormat2(proof) ? sealedTextOf(entry, commitmentsOf(entry, proof)) : canonicalEntry(entry);
}

/** Returns the commitments of an entry of format 2: those of its erased parts, and those computed from the salts. */
export function commitmentsOf(entry: AuditEntry, proof: EntryProof): Commitments {
  const { personal } = splitDetails(entry.details);
  return {
    origin: proof.originCommitment ?? commitment(saltOf(proof.originSalt), originText(entry)),
    details:
      proof.detailsCommitment ??
      (personal && commitment(saltOf(proof.detailsSalt), personalDetailsText(personal))),
  };
}

/**
 * The entry without its personal members and with the commitments to them, according to RFC 8785. The members are
 * listed in sorted order, as in format 1.
 */
export function sealedTextOf(entry: AuditEntry, commitments: Commitments): string {
  return JSON.stringify({
    details: canonicalDetails(splitDetails(entry.details).open),
    detailsCommitment: commitments.details,
    durationMs: entry.durationMs,
    id: entry.id,
    kind: entry.kind,
    method: entry.method,
    originCommitment: commitments.origin,
    outcome: entry.outcome,
    reason: entry.reason,
    requestId: entry.requestId,
    route: entry.route,
    sessionId: entry.sessionId,
    status: entry.status,
    time: entry.time,
    type: entry.type,
    userId: entry.userId,
  });
}

function saltOf(hex: string | null): Buffer {
  return Buffer.from(hex ?? '', 'hex');
}
