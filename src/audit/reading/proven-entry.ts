import type { AuditEntry } from '../audit-entry.js';
import { originOwner } from '../entry/personal-members.js';
import type { EntryProof } from '../entry/sealed-form.js';

/** What proves the personal members of an exported entry: their salts or, if they are erased, their commitments. */
export type ExportedProof = { readonly [Name in keyof EntryProof]?: string };

/** An entry as exported. One of format 1 has no proof, and needs none. */
export type ProvenEntry = AuditEntry & { readonly proof?: ExportedProof };

/** Returns an entry as exported. */
export function provenEntry({
  originSalt,
  originCommitment,
  detailsSalt,
  detailsCommitment,
  ...entry
}: AuditEntry & EntryProof): ProvenEntry {
  const proof = Object.fromEntries(
    Object.entries({ originSalt, originCommitment, detailsSalt, detailsCommitment }).filter(
      ([, value]) => value !== null,
    ),
  ) as ExportedProof;
  return Object.keys(proof).length === 0 ? entry : { ...entry, proof };
}

/** Returns the ids of the people whose erasure explains that an entry has lost personal members. */
export function erasedOwners(entry: ProvenEntry): string[] {
  const { proof } = entry;
  const owners = [
    proof?.originCommitment === undefined ? null : originOwner(entry),
    proof?.detailsCommitment === undefined ? null : entry.userId,
  ];
  return owners.filter((id) => id !== null);
}
