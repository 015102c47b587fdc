import { OwnPassword } from './own-password.js';
import { PasswordSwap } from './password-swap.js';

/** The providers of the change of the own password. */
export const OWN_PASSWORD = [OwnPassword, PasswordSwap];
