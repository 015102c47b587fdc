/** Maximum UTF-16 code units that a code point of NFC takes in decomposed form (Unicode Standard Annex 15, maximum expansion). */
const UNITS_PER_CODE_POINT = 4;

/**
 * Returns whether a text is well formed and short enough to have at most `maxCodePoints` code points in NFC. Check this
 * before any other processing: `normalize` sorts combining marks in quadratic time.
 */
export function isBoundedText(value: unknown, maxCodePoints: number): value is string {
  return (
    typeof value === 'string' && value.length <= maxCodePoints * UNITS_PER_CODE_POINT && value.isWellFormed()
  );
}

/** Returns the number of code points of a text. */
export function codePointsOf(text: string): number {
  return Array.from(text).length;
}
