import type { AuditEntry } from '../audit-entry.js';
import { canonicalJson } from './canonical-entry.js';

/**
 * The members of `details` that are about a person: the keyed digest of the submitted address, the reason that an
 * administrator gave, and member names that a client chose. Fixed by format 2; another list would be another format.
 */
const PERSONAL_DETAILS: readonly string[] = ['account', 'auditReason', 'pointers'];

/** The details of an entry, separated into what is sealed as it is and what is sealed by a commitment. */
export interface SplitDetails {
  readonly open: AuditEntry['details'];
  /** Null if no member is about a person. */
  readonly personal: Readonly<Record<string, unknown>> | null;
}

/**
 * Separates the details of an entry. The service writes an object or nothing, but whoever may insert a row can write any
 * JSON value; one that is not an object has no members.
 */
export function splitDetails(details: AuditEntry['details']): SplitDetails {
  if (!isObject(details) || !PERSONAL_DETAILS.some((name) => name in details))
    return { open: details, personal: null };
  const members = Object.entries(details);
  return {
    open: Object.fromEntries(members.filter(([name]) => !PERSONAL_DETAILS.includes(name))),
    personal: Object.fromEntries(members.filter(([name]) => PERSONAL_DETAILS.includes(name))),
  };
}

/** The canonical text of where a request came from: the first of the two texts to which an entry can be committed. */
export function originText({ address, userAgent }: Pick<AuditEntry, 'address' | 'userAgent'>): string {
  return JSON.stringify({ address, userAgent });
}

/** The canonical text of the personal details, the second one. */
export function personalDetailsText(personal: Readonly<Record<string, unknown>>): string {
  return canonicalJson(personal);
}

/**
 * Returns the id of the person whose address and browser an entry contains: the administrator who acted on somebody
 * else, or else the person that the entry is about. Null if it is nobody with an account.
 */
export function originOwner({ userId, details }: Pick<AuditEntry, 'userId' | 'details'>): string | null {
  if (typeof details?.['actorId'] === 'string') return details['actorId'];
  return details?.['actor'] === undefined ? userId : null;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
