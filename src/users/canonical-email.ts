import { domainToASCII, domainToUnicode } from 'node:url';

/** `sub-domain` of RFC 5321 section 4.1.2, at most 63 octets (RFC 1035 section 2.3.4), in lower case. */
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** What a domain may be written with: letters, digits, hyphens and dots of ASCII, and whatever IDNA may map to them. */
const DOMAIN_TEXT = /^[a-z0-9.\-\u0080-\u{10ffff}]+$/u;

const ASCII = /^[a-z0-9.-]+$/;

const A_LABEL = /(?:^|\.)xn--/;

/** A last label that URL parsers read as a number, and the whole domain as an IPv4 address. */
const NUMBER = /^(?:\d+|0x[0-9a-f]*)$/;

/** Octets of a domain (RFC 5321 section 4.5.3.1.2). */
const MAX_DOMAIN = 255;

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
  return `${folded.slice(0, at)}@${asciiDomain(domain.endsWith('.') ? domain.slice(0, -1) : domain) ?? domain}`;
}

/** Whether a text is a domain of RFC 5321 in the form that {@link canonicalEmail} gives it. */
export function isEmailDomain(domain: string): boolean {
  return asciiDomain(domain) === domain;
}

/** By the grammar alone, with a name for the last label. */
function isDomain(domain: string): boolean {
  const labels = domain.split('.');
  return (
    domain.length <= MAX_DOMAIN &&
    labels.every((label) => LABEL.test(label)) &&
    !NUMBER.test(labels.at(-1) ?? '')
  );
}

/**
 * The ASCII form of a folded domain; null for what is none. Node.js has UTS 46 only as a part of its parser of URL hosts, which
 * ends at `/`, `?`, `#` and `:`, decodes `%65` and reads `0x7f.1` as an address: no such text reaches it, and nothing
 * that it returns is used unless it is a domain.
 */
function asciiDomain(domain: string): string | null {
  if (!DOMAIN_TEXT.test(domain)) return null;
  const ascii = ASCII.test(domain) ? domain : domainToASCII(domain);
  return isDomain(ascii) && isDecodable(ascii) ? ascii : null;
}

/** Whether every A-label stands for a U-label that it is the only spelling of (RFC 5890 section 2.3.2.1). */
function isDecodable(domain: string): boolean {
  if (!A_LABEL.test(domain)) return true;
  const decoded = domainToUnicode(domain);
  return !A_LABEL.test(decoded) && domainToASCII(decoded) === domain;
}
