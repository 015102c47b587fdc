import { AccountTakeback } from './account-takeback.js';
import { EmailChangeMails } from './email-change-mails.js';
import { EmailChangeRequests } from './email-change-requests.js';
import { EmailChangeUndoing } from './email-change-undoing.js';
import { EmailChangeUndos } from './email-change-undos.js';
import { EmailChanges } from './email-changes.js';
import { EmailLinks } from './email-links.js';
import { EmailMoves } from './email-moves.js';
import { EmailProofs } from './email-proofs.js';
import { EmailReservations } from './email-reservations.js';
import { EmailVerificationMails } from './email-verification-mails.js';
import { TakenEmails } from './taken-emails.js';
import { VerificationRequests } from './verification-requests.js';
import { VerifiedEmailCondition } from './verified-email-condition.js';

/** The providers of the addresses of accounts: their proof, their change and its undoing. */
export const EMAIL = [
  AccountTakeback,
  EmailChangeMails,
  EmailChangeRequests,
  EmailChanges,
  EmailLinks,
  EmailVerificationMails,
  EmailMoves,
  EmailProofs,
  EmailReservations,
  EmailChangeUndoing,
  EmailChangeUndos,
  TakenEmails,
  VerificationRequests,
  VerifiedEmailCondition,
];
