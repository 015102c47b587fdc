/** What an entry is authenticated by, both lower-case hex. */
export interface EntrySignature {
  /** What its seal will keep of it. */
  readonly digest: string;
  readonly mac: string;
}

/** A canonical entry with its signature as two members more, in PostgreSQL's spelling of bytes. */
export function signedJson(canonical: string, { digest, mac }: EntrySignature): string {
  return `${canonical.slice(0, -1)},"digest":"\\\\x${digest}","mac":"\\\\x${mac}"}`;
}
