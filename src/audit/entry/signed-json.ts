/** The values that authenticate an entry, both in lower-case hex. */
export interface EntrySignature {
  /** The part that the seal will contain. */
  readonly digest: string;
  readonly mac: string;
}

/** Returns a canonical entry with its signature as two more members, in PostgreSQL's format for bytes. */
export function signedJson(canonical: string, { digest, mac }: EntrySignature): string {
  return `${canonical.slice(0, -1)},"digest":"\\\\x${digest}","mac":"\\\\x${mac}"}`;
}
