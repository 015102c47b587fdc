import { ValidateBy } from 'class-validator';
import { codePointsOf, isBoundedText } from '../../../platform/http/validation/bounded-text.js';

/** Maximum length of a password, in code points. It bounds the work of a request; no real passphrase is longer. */
const MAX_CODE_POINTS = 256;

const FAULT = `must be well-formed text of 1 to ${MAX_CODE_POINTS} characters`;

/**
 * Text that can be hashed: well-formed Unicode (a lone surrogate would hash like U+FFFD), 1 to 256 code points after
 * NFC. The policy decides whether it is strong enough for a new account.
 */
export const IsPasswordText = () =>
  ValidateBy({
    name: 'passwordText',
    validator: {
      validate: (value: unknown) => typeof value === 'string' && isPasswordText(value),
      defaultMessage: () => `$property ${FAULT}`,
    },
  });

/** The same check for a password that does not come from a request; returns the fault or null. */
export function passwordTextFault(password: string): string | null {
  return isPasswordText(password) ? null : `password ${FAULT}`;
}

function isPasswordText(text: string): boolean {
  if (text.length === 0 || !isBoundedText(text, MAX_CODE_POINTS)) return false;
  return codePointsOf(text.normalize('NFC')) <= MAX_CODE_POINTS;
}
