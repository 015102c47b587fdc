/** Maximum length of a name in a pointer, in UTF-16 code units; it is client-supplied text. */
const MAX_NAME = 64;

/** Returns as much of a client-supplied name as a response repeats, well formed. */
export function boundedName(name: string): string {
  return name.slice(0, MAX_NAME).toWellFormed();
}

/**
 * Returns the pointer to a member in URI fragment form: RFC 6901 section 3, then the percent-encoding of section 6. Lone
 * surrogates are replaced, because they cannot be encoded.
 */
export function memberPointer(parent: string, member: string): string {
  const name = boundedName(member).replaceAll('~', '~0').replaceAll('/', '~1');
  return `${parent}/${encodeURIComponent(name)}`;
}
