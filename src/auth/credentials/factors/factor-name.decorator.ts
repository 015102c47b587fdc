import { IsPrintableText } from '../../../users/display-name.decorator.js';

const MAX_CODE_POINTS = 64;

/** Validates the name of a factor: NFC, trimmed, 1 to 64 code points, with the characters of a display name. */
export const IsFactorName = () => IsPrintableText('factorName', MAX_CODE_POINTS);
