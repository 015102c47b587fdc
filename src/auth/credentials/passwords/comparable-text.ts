/** Everything but letters, digits and the marks on them. */
const SEPARATORS = /[^\p{L}\p{M}\p{N}]/gu;

/** A text as lists of passwords compare it: without spaces and punctuation, in lower case, in compatibility form. */
export function comparable(text: string): string {
  return text.normalize('NFKC').toLowerCase().replaceAll(SEPARATORS, '');
}

/** How many different characters {@link comparable} leaves out. */
export function separatorKinds(text: string): number {
  return new Set(text.normalize('NFKC').match(SEPARATORS)).size;
}
