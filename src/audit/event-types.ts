import type { AuditEventType } from './audit-vocabulary.js';

/**
 * Whose open streams end with an event: those of the session or API key that it names, of all sessions and keys of its user,
 * of the keys of its user only, or of its service account.
 */
type Ends = 'session' | 'every session' | 'key' | 'every key' | 'service account';

/** The vocabulary as values. Its type ensures that it is complete. */
const MARKS: Record<AuditEventType, true | { readonly ends: Ends }> = {
  authn_login_success: true,
  authn_login_successafterfail: true,
  authn_login_fail: true,
  authn_login_lock: true,
  authn_login_fail_max: true,
  authn_login_unverified: true,
  authn_factor_required: true,
  authn_factor_fail: true,
  authn_passkey_cloned: true,
  authn_recovery_code_used: true,
  authn_step_up: true,
  authn_password_change: true,
  authn_password_change_fail: true,
  authn_password_reset_requested: true,
  authn_token_invalid: true,
  authn_token_created: true,
  authn_token_revoked: { ends: 'key' },
  authn_token_reuse: { ends: 'session' },
  session_created: true,
  session_renewed: true,
  session_renew_fail: true,
  session_logout: { ends: 'session' },
  session_use_after_expire: true,
  session_ended: { ends: 'session' },
  session_disowned: { ends: 'session' },
  session_disown_fail: true,
  session_revoked: { ends: 'every session' },
  user_created: true,
  user_create_fail: true,
  user_updated: true,
  user_invited: true,
  user_invitation_accepted: true,
  user_invitation_fail: true,
  user_email_verified: true,
  user_email_verify_fail: true,
  user_email_change_requested: true,
  user_email_change_canceled: true,
  user_email_changed: true,
  user_email_change_undone: { ends: 'every session' },
  user_email_undo_fail: true,
  user_factor_added: true,
  // What its keys may do can depend on it; a session keeps its level or loses it, as its token does.
  user_factor_removed: { ends: 'every key' },
  user_recovery_codes_created: true,
  user_recovery_started: true,
  user_recovery_start_fail: true,
  user_recovery_canceled: true,
  user_recovery_cancel_fail: true,
  user_recovery_ready: true,
  user_recovery_expired: true,
  user_recovery_finished: true,
  user_recovery_finish_fail: true,
  user_disabled: { ends: 'every session' },
  user_enabled: true,
  user_deleted: { ends: 'every session' },
  personal_data_erased: true,
  user_unlocked: true,
  privilege_permissions_changed: { ends: 'every session' },
  api_key_created: true,
  api_key_rotated: { ends: 'key' },
  api_key_revoked: { ends: 'key' },
  api_key_leaked: { ends: 'key' },
  service_account_created: true,
  service_account_updated: { ends: 'service account' },
  service_account_deleted: { ends: 'service account' },
  authz_fail: true,
  malicious_csrf: true,
  gateway_rule_unknown: true,
  excess_rate_limit_exceeded: true,
  input_validation_fail: true,
  audit_read: true,
  alert_acknowledged: true,
  alert_resolved: true,
  address_blocked: true,
  address_unblocked: true,
  signing_key_rotated: true,
  signing_key_rejected: true,
  accounts_exported: true,
  secret_changed: true,
  secret_forgotten: true,
  sys_startup: true,
  sys_shutdown: true,
};

/** Every type of event. */
export const AUDIT_EVENT_TYPES = Object.keys(MARKS) as AuditEventType[];

/** Returns the types of events after which a session or key must no longer read the trail. */
export function eventsThatEnd(ends: Ends): AuditEventType[] {
  return AUDIT_EVENT_TYPES.filter((type) => {
    const mark = MARKS[type];
    return mark !== true && mark.ends === ends;
  });
}
