/** Letters, marks, numbers, punctuation, symbols and blanks, which are safe to print in the trail and in terminals. */
const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S}\p{Zs}]+$/u;

/** Maximum length of a reason, in code points. */
export const AUDIT_REASON_LENGTH = 500;

/** Returns whether a text has 1 to `length` code points, all of them printable. */
export function isPrintable(text: string, length: number): boolean {
  return PRINTABLE.test(text) && Array.from(text).length <= length;
}
