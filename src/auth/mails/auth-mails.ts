import { accountDeletedMail } from './account-deleted.mail.js';
import { addressChangeMail } from './address-change.mail.js';
import { addressChangedMail } from './address-changed.mail.js';
import { addressChangingMail } from './address-changing.mail.js';
import { addressTakenMail } from './address-taken.mail.js';
import { factorAddedMail } from './factor-added.mail.js';
import { factorRemovedMail } from './factor-removed.mail.js';
import { invitationMail } from './invitation.mail.js';
import { passwordChangedMail } from './password-changed.mail.js';
import { passwordResetMail } from './password-reset.mail.js';
import { recoveryCodeUsedMail } from './recovery-code-used.mail.js';
import { recoveryCodesRenewedMail } from './recovery-codes-renewed.mail.js';
import { recoveryDoneMail } from './recovery-done.mail.js';
import { recoveryReadyMail } from './recovery-ready.mail.js';
import { recoveryStartedMail } from './recovery-started.mail.js';
import { registrationTakenMail } from './registration-taken.mail.js';
import { verificationMail } from './verification.mail.js';

/** The templates of the mails about signing in and about one's own account. */
export const AUTH_MAILS = [
  accountDeletedMail,
  addressChangeMail,
  addressChangedMail,
  addressChangingMail,
  addressTakenMail,
  factorAddedMail,
  factorRemovedMail,
  invitationMail,
  passwordChangedMail,
  passwordResetMail,
  recoveryCodeUsedMail,
  recoveryCodesRenewedMail,
  recoveryDoneMail,
  recoveryReadyMail,
  recoveryStartedMail,
  registrationTakenMail,
  verificationMail,
];
