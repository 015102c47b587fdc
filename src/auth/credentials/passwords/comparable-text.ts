/** Everything except letters, digits and combining marks. */
const SEPARATORS = /[^\p{L}\p{M}\p{N}]/gu;

/** Normalises a text for comparison with lists: compatibility form, lower case, no spaces and no punctuation. */
export function comparable(text: string): string {
  return text.normalize('NFKC').toLowerCase().replaceAll(SEPARATORS, '');
}

/** The number of different characters that {@link comparable} removes. */
export function separatorKinds(text: string): number {
  return new Set(text.normalize('NFKC').match(SEPARATORS)).size;
}
