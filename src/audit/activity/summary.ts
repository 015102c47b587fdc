import type { AuditEntry } from '../audit-entry.js';
import type { AuditEventType } from '../audit-vocabulary.js';
import { isBySignedIn } from '../signed-in-caller.js';
import { deviceName } from './device-name.js';
import { networkName } from './network-name.js';

/** The text of each type for the account's owner, before "from <device>, <network>". */
const SENTENCES: Record<AuditEventType, string> = {
  authn_login_success: 'Signed in',
  authn_login_successafterfail: 'Signed in after failed attempts',
  authn_login_fail: 'Failed to sign in',
  authn_login_lock: 'Sign-in delayed after failed attempts',
  authn_login_fail_max: 'Sign-in blocked after too many failed attempts',
  authn_login_unverified: 'Could not sign in, because the e-mail address is not confirmed',
  authn_factor_required: 'Entered the right password, with a second factor to follow',
  authn_factor_fail: 'Failed to confirm the sign-in with a second factor',
  authn_passkey_cloned: 'Used a passkey that may have been copied',
  authn_recovery_code_used: 'Used a recovery code',
  authn_step_up: 'Confirmed the sign-in',
  authn_password_change: 'Changed the password',
  authn_password_change_fail: 'Failed to change the password',
  authn_password_reset_requested: 'Asked for a link to set a new password',
  authn_token_invalid: 'Presented an invalid token',
  authn_token_revoked: 'Revoked an access token of an API key',
  authn_token_created: 'Got an access token for an API key',
  authn_token_reuse: 'Session ended because an old token was used again',
  session_created: 'Started a session',
  session_renewed: 'Continued a session',
  session_renew_fail: 'Failed to continue a session',
  session_logout: 'Signed out',
  session_use_after_expire: 'Used a session that had ended',
  session_ended: 'A session was ended',
  session_disowned: 'Reported a sign-in by somebody else',
  session_disown_fail: 'Failed to report a sign-in by somebody else',
  session_revoked: 'Sessions were ended',
  user_created: 'Created the account',
  user_create_fail: 'Somebody tried to register with your e-mail address',
  user_updated: 'Changed the profile',
  user_invited: 'Was invited',
  user_invitation_accepted: 'Accepted the invitation',
  user_invitation_fail: 'Failed to accept an invitation',
  user_email_verified: 'Confirmed the e-mail address',
  user_email_verify_fail: 'Failed to confirm an e-mail address',
  user_email_change_requested: 'Asked for another e-mail address',
  user_email_change_canceled: 'Cancelled the change of the e-mail address',
  user_email_changed: 'Changed the e-mail address',
  user_email_change_undone: 'Undid the change of the e-mail address',
  user_email_undo_fail: 'Failed to undo a change of the e-mail address',
  user_factor_added: 'Added a second factor',
  user_factor_removed: 'Removed a second factor',
  user_recovery_codes_created: 'Created new recovery codes',
  user_recovery_started: 'Started the recovery of lost second factors',
  user_recovery_start_fail: 'Failed to start the recovery of lost second factors',
  user_recovery_canceled: 'The recovery of lost second factors was cancelled',
  user_recovery_cancel_fail: 'Failed to cancel the recovery of lost second factors',
  user_recovery_ready: 'The waiting time for the recovery of lost second factors is over',
  user_recovery_expired: 'The recovery of lost second factors has expired',
  user_recovery_finished: 'Removed all second factors by a mailed link',
  user_recovery_finish_fail: 'Failed to remove second factors by a mailed link',
  user_disabled: 'The account was disabled',
  user_enabled: 'The account was enabled',
  user_deleted: 'The account was deleted',
  personal_data_erased: 'The personal data of the account was erased from the audit trail',
  user_unlocked: 'Sign-in was unblocked',
  privilege_permissions_changed: 'The roles of the account were changed',
  api_key_created: 'Created an API key',
  api_key_rotated: 'Replaced an API key',
  api_key_revoked: 'Revoked an API key',
  api_key_leaked: 'An API key was found in a public place',
  service_account_created: 'Created a service account',
  service_account_updated: 'Changed a service account',
  service_account_deleted: 'Deleted a service account',
  authz_fail: 'Attempted an action that the account may not perform',
  malicious_csrf: 'A request sent by another site was refused',
  gateway_rule_unknown: 'A proxy asked for an unknown rule',
  excess_rate_limit_exceeded: 'Exceeded a request limit',
  input_validation_fail: 'Sent an invalid request',
  audit_read: 'Read the audit trail',
  alert_acknowledged: 'Acknowledged an alert',
  alert_resolved: 'Resolved an alert',
  address_blocked: 'Blocked an address',
  address_unblocked: 'Unblocked an address',
  signing_key_rotated: 'Rotated the signing key',
  signing_key_rejected: 'A signing key that is not authentic was ignored',
  accounts_exported: 'Exported accounts',
  secret_changed: 'The master secret was changed',
  secret_forgotten: 'What depended on a former secret was deleted',
  sys_startup: 'The service started',
  sys_shutdown: 'The service stopped',
};

/** The sentences for a new password, by whoever set it. */
const NEW_PASSWORD: Readonly<Record<string, string>> = {
  reset: 'Set a new password by a mailed link',
  operator: 'An operator set a new password',
};

/** Describes an event to the account's owner: "Signed in from Chrome on Windows, 203.0.113.0/24". */
export function summaryOf(entry: AuditEntry): string {
  const { userAgent, address } = entry;
  const sentence = sentenceOf(entry);
  const places = [userAgent && deviceName(userAgent), address && networkName(address)].filter(Boolean);
  return places.length === 0 ? sentence : `${sentence} from ${places.join(', ')}`;
}

/** A request without a session or key need not be the owner's. */
const REFUSED_STRANGER = 'Too many sign-ins or other requests about the account were sent';

function sentenceOf(entry: AuditEntry): string {
  const { type, details } = entry;
  if (type === 'excess_rate_limit_exceeded' && !isBySignedIn(entry)) return REFUSED_STRANGER;
  const special = type === 'authn_password_change' ? NEW_PASSWORD[String(details?.['by'])] : undefined;
  return special ?? (SENTENCES as Partial<Record<string, string>>)[type] ?? type;
}
