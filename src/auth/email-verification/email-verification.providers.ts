import { EmailVerification } from './email-verification.js';
import { LinkPasswords } from './link-passwords.js';

/** The providers of the verification of addresses by link. */
export const EMAIL_VERIFICATION = [EmailVerification, LinkPasswords];
