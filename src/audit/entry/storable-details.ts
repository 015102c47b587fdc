import { storableText } from '../../platform/database/storable-text.js';

/** Maximum length of a text in details, in UTF-16 code units; a reason of an administrator has up to 500 code points. */
const MAX_DETAIL = 1000;
/** Maximum length of a list in an entry's details. */
const MAX_ITEMS = 64;

/**
 * Returns the details of an event with every text storable, every list truncated, and no values that JSON cannot
 * represent.
 */
export function storableDetails(details: object): Record<string, unknown> {
  return storable(details) as Record<string, unknown>;
}

function storable(value: unknown): unknown {
  if (typeof value === 'string') return storableText(value, MAX_DETAIL);
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (Array.isArray(value)) return value.slice(0, MAX_ITEMS).map((item) => storable(item));
  if (typeof value !== 'object' || value === null) return value ?? null;
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return Object.fromEntries(members.map(([name, member]) => [storableText(name), storable(member)]));
}
