/** UTF-16 code units that a code point of NFC takes at most in its decomposed form (Unicode Standard Annex 15, maximum expansion). */
const UNITS_PER_CODE_POINT = 4;

/**
 * Whether a text is well formed and short enough to be looked at more closely, when at most so many code points remain
 * of it in NFC. Asked before anything else is done with a text: `normalize` sorts combining marks in quadratic time.
 */
export function isBoundedText(value: unknown, maxCodePoints: number): value is string {
  return (
    typeof value === 'string' && value.length <= maxCodePoints * UNITS_PER_CODE_POINT && value.isWellFormed()
  );
}

/** Code points of a text. */
export function codePointsOf(text: string): number {
  return Array.from(text).length;
}
