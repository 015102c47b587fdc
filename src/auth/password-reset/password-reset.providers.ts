import { AccountClaim } from './account-claim.js';
import { PasswordReset } from './password-reset.js';
import { PasswordVoiding } from './password-voiding.js';
import { ResetCompletion } from './reset-completion.js';
import { ResetLinks } from './reset-links.js';
import { ResetRequests } from './reset-requests.js';

/** The providers of the password reset. */
export const PASSWORD_RESET = [
  AccountClaim,
  PasswordReset,
  PasswordVoiding,
  ResetCompletion,
  ResetLinks,
  ResetRequests,
];
