import { domainToASCII, domainToUnicode } from 'node:url';

/** `sub-domain` of RFC 5321 section 4.1.2, at most 63 octets (RFC 1035 section 2.3.4), in lower case. */
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** Characters allowed in a domain: ASCII letters, digits, hyphens and dots, and any character that IDNA may map to them. */
const DOMAIN_TEXT = /^[a-z0-9.\-\u0080-\u{10ffff}]+$/u;

const ASCII = /^[a-z0-9.-]+$/;

const A_LABEL = /(?:^|\.)xn--/;

/** A numeric last label, which makes URL parsers read the whole domain as an IPv4 address. */
const NUMBER = /^(?:\d+|0x[0-9a-f]*)$/;

/** Octets of a domain (RFC 5321 section 4.5.3.1.2). */
const MAX_DOMAIN = 255;

/**
 * Returns the canonical form under which an address is validated, stored, compared and counted: NFKC (used for the same
 * purpose by RFC 8264; folds full-width letters and `＠`), lower case, the domain in its ASCII form (IDNA, UTS 46).
 * Dots and tags of the local part are kept, because only its own host may fold them. Text that is not an address is
 * folded too; the validator refuses it.
 */
export function canonicalEmail(text: string): string {
  const folded = text.normalize('NFKC').trim().toLowerCase().normalize('NFKC');
  const at = folded.lastIndexOf('@');
  if (at < 0) return folded;
  const domain = folded.slice(at + 1);
  return `${folded.slice(0, at)}@${asciiDomain(domain.endsWith('.') ? domain.slice(0, -1) : domain) ?? domain}`;
}

/** Returns whether a text is a domain of RFC 5321 in the form returned by {@link canonicalEmail}. */
export function isEmailDomain(domain: string): boolean {
  return asciiDomain(domain) === domain;
}

/** Checks the grammar only; the last label must not be a number. */
function isDomain(domain: string): boolean {
  const labels = domain.split('.');
  return (
    domain.length <= MAX_DOMAIN &&
    labels.every((label) => LABEL.test(label)) &&
    !NUMBER.test(labels.at(-1) ?? '')
  );
}

/**
 * Returns the ASCII form of a folded domain; null if it is not a domain. Node.js offers UTS 46 only within its parser of
 * URL hosts, which stops at `/`, `?`, `#` and `:`, decodes `%65` and reads `0x7f.1` as an IP address. Such text is
 * rejected before parsing, and the result is used only if it is a domain.
 */
function asciiDomain(domain: string): string | null {
  if (!DOMAIN_TEXT.test(domain)) return null;
  const ascii = ASCII.test(domain) ? domain : domainToASCII(domain);
  return isDomain(ascii) && isDecodable(ascii) ? ascii : null;
}

/** Returns whether every A-label is the only encoding of its U-label (RFC 5890 section 2.3.2.1). */
function isDecodable(domain: string): boolean {
  if (!A_LABEL.test(domain)) return true;
  const decoded = domainToUnicode(domain);
  return !A_LABEL.test(decoded) && domainToASCII(decoded) === domain;
}
