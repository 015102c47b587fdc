/** Longest name that a pointer repeats, in UTF-16 code units; it is the client's text. */
const MAX_NAME = 64;

/**
 * The pointer to a member, as a URI fragment: RFC 6901 section 3, then the percent-encoding of section 6, which half a
 * surrogate pair has not.
 */
export function memberPointer(parent: string, member: string): string {
  const name = member.slice(0, MAX_NAME).toWellFormed().replaceAll('~', '~0').replaceAll('/', '~1');
  return `${parent}/${encodeURIComponent(name)}`;
}
