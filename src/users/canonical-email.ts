import { domainToASCII } from 'node:url';

/**
 * The one spelling under which an address is validated, stored, compared and counted: NFKC (RFC 8264 uses it for
 * the same end; full-width letters and `＠` fold), lower case, the domain in its ASCII form (IDNA, UTS 46).
 * The local part keeps its dots and tags, which only its own host may fold. A text that is no address comes back
 * folded too, for the validator to refuse.
 */
export function canonicalEmail(text: string): string {
  const folded = text.normalize('NFKC').trim().toLowerCase().normalize('NFKC');
  const at = folded.lastIndexOf('@');
  if (at < 0) return folded;
  const domain = folded.slice(at + 1);
  const ascii = domainToASCII(domain.endsWith('.') ? domain.slice(0, -1) : domain);
  return `${folded.slice(0, at)}@${ascii === '' ? domain : ascii}`;
}
