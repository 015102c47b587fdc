import { AcceptedAccounts } from './accepted-accounts.js';
import { InvitationAcceptance } from './invitation-acceptance.js';
import { InvitationLinks } from './invitation-links.js';
import { Invitations } from './invitations.js';

/** The providers of invitations. */
export const INVITATIONS = [AcceptedAccounts, InvitationAcceptance, InvitationLinks, Invitations];
