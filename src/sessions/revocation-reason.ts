/** Why a session ended before it expired. */
export type RevocationReason =
  | 'logout'
  | 'refresh_token_reused'
  | 'password_changed'
  | 'password_reset'
  | 'disowned'
  | 'roles_changed'
  | 'account_disabled'
  | 'account_deleted'
  | 'address_undone'
  | 'recovered'
  | 'session_limit'
  | 'ended_by_user'
  | 'response_to_alert'
  | 'ended_by_administrator';
