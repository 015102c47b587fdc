import type { EntrySignature } from './entry-signer.js';

/** A canonical entry with its signature as two members more, in PostgreSQL's spelling of bytes. */
export function signedJson(canonical: string, { digest, mac }: EntrySignature): string {
  return `${canonical.slice(0, -1)},"digest":"\\\\x${digest}","mac":"\\\\x${mac}"}`;
}
