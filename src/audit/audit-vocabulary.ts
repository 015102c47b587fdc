import type { UsedKey } from '../platform/access/principal.js';
import type { GroupedRefusals } from './refusals/grouped-refusals.js';

/** The rule of the gateway that was asked, if the request went to an application behind a proxy. */
interface AskedRule {
  readonly rule?: string;
}

/**
 * The complete vocabulary of authentication events, using the names of the OWASP Logging Vocabulary Cheat Sheet where
 * it has one. The `details` of each type are typed below; other members cannot be recorded. If the caller acted on
 * another account or on the installation, the members of the origin's `actor` are added; if it used an API key, those
 * of `usedKey`.
 */
export interface AuditDetails {
  /** A login succeeded. `account` is the keyed digest of the submitted e-mail address. */
  authn_login_success: {
    account: string;
    deviceId: string;
    knownDevice: boolean;
    firstLogin: boolean;
  };
  /** A login succeeded after at least one failure in a row; recorded in addition to the success. */
  authn_login_successafterfail: { account: string; failures: number };
  /** A login failed: wrong password, unknown account or disabled account. The response is the same for all. */
  authn_login_fail: { account: string };
  /** A login was refused without checking the password, because of previous failures. */
  authn_login_lock: { account: string; retryAfterSeconds: number };
  /**
   * The hundredth failure in a row: no more guesses are accepted until an administrator or a reset unlocks the
   * account.
   */
  authn_login_fail_max: { account: string };
  /** The password was right, but the account's address is not verified, and `REQUIRE_VERIFIED_EMAIL` is set. */
  authn_login_unverified: { account: string };
  /** The password was right, and a second factor is asked for; `methods` are those that the account can use. */
  authn_factor_required: { account: string; methods: string[] };
  /** A code or a passkey was not valid, or its challenge was not; `reason` is the response's code. */
  authn_factor_fail: { method: string };
  /** The signature of a passkey was valid, but its counter had not risen: a copy of the key is in use. */
  authn_passkey_cloned: { factorId: string; counter: number; storedCounter: number };
  /** A recovery code was used; `left` others are unused. */
  authn_recovery_code_used: { left: number };
  /** The user of a session authenticated again. `amr` lists the session's methods since then. */
  authn_step_up: { account: string; methods: string[]; amr: string[] };
  /** `by`: with the old password, or with a link. */
  authn_password_change: { by: 'change' | 'reset' };
  /** A new password was refused because the link that came with it is not valid. */
  authn_password_change_fail: { by: 'reset' };
  /** Somebody asked for a link to set a new password. A failure: no enabled account has the address, and nothing was sent. */
  authn_password_reset_requested: { account: string };
  /** An access token was not accepted, for the given `reason`. `forged` marks a bad signature. */
  authn_token_invalid: { forged: boolean } & AskedRule;
  /** A service account got an access token for a key; `tokenId` is its `jti`. */
  authn_token_created: { tokenId: string; scopes: string[] };
  /** A client revoked an access token, and with it all that its key has got until then; `tokenId` is its `jti`. */
  authn_token_revoked: UsedKey & { tokenId: string };
  /** A refresh token was presented again after its rotation, and its session was ended. */
  authn_token_reuse: { generation: number; presentedGeneration: number };
  session_created: { deviceId: string };
  /** `replayed`: the current token was issued again, within ten seconds of the rotation. */
  session_renewed: { generation: number; replayed: boolean; networkChanged: boolean };
  /** A refresh was refused for the given `reason`. */
  session_renew_fail: Record<string, never>;
  session_logout: Record<string, never>;
  /** A genuine token of a session that has ended was presented. */
  session_use_after_expire: AskedRule;
  /**
   * One session was ended, for the given `reason`, while others of its user continue. `by` is the session from which
   * the user ended it, possibly itself; null if the service ended it.
   */
  session_ended: { by: string | null };
  /**
   * The owner reported, by the link in a notice, that this session is not theirs. The password is void until a reset.
   * `recoveryCodes` counts those that were voided because they were created since; those that went with the last factor are
   * not among them.
   */
  session_disowned: { deviceId: string; recoveryCodes: number };
  session_disown_fail: Record<string, never>;
  /**
   * Sessions ended for a cause other than logout: role change, disabling, deletion, operator, or response to an
   * alert.
   */
  session_revoked: { sessions: number };
  user_created: { roles: string[] };
  /** The address was taken; `userId` is the account that has it, or for which it is reserved. */
  user_create_fail: { account: string };
  user_updated: { members: string[] };
  /** The link to accept an invited account was sent, or handed to an operator. */
  user_invited: Record<string, never>;
  /** The owner of an invited account chose a password. */
  user_invitation_accepted: Record<string, never>;
  user_invitation_fail: Record<string, never>;
  /** The account's address was verified. */
  user_email_verified: { by: 'link' | 'code' | 'reset' | 'invitation' };
  /** A verification link or code was refused; `reason` is the response's code. */
  user_email_verify_fail: { by: 'link' | 'code' };
  /** The address does not change before the new one is verified. */
  user_email_change_requested: Record<string, never>;
  user_email_change_canceled: Record<string, never>;
  user_email_changed: { by: 'link' | 'code' };
  /** The account got its former address back, by the undo link; `recoveryCodes` as for `session_disowned`. */
  user_email_change_undone: { recoveryCodes: number };
  user_email_undo_fail: Record<string, never>;
  /** A second factor was confirmed; `factors` counts those that the account has now. */
  user_factor_added: { factorId: string; factorType: string; factors: number };
  /** `roles` are those of the account, because the removal weighs more with some. */
  user_factor_removed: { factorId: string; factorType: string; factors: number; roles: string[] };
  user_recovery_codes_created: { codes: number };
  /** Somebody who knows the password says that the factors are lost; at `dueAt` the owner gets the link that removes them. */
  user_recovery_started: { dueAt: string };
  /** The password was right, but nothing was started, for the given `reason`. */
  user_recovery_start_fail: Record<string, never>;
  /** `by`: the owner in a session or with a mailed link, another password, a disabled account, or `FACTOR_RECOVERY_HOURS=0`. */
  user_recovery_canceled: {
    by: 'session' | 'link' | 'password' | 'credentials' | 'disabling' | 'configuration';
  };
  user_recovery_cancel_fail: Record<string, never>;
  /** The waiting time is over, and the link that removes the factors was sent. */
  user_recovery_ready: Record<string, never>;
  /** The link that removes the factors was not used in time. */
  user_recovery_expired: Record<string, never>;
  /** The link was used; `factors` were removed, and every session was ended. */
  user_recovery_finished: { factors: number };
  user_recovery_finish_fail: Record<string, never>;
  user_disabled: Record<string, never>;
  user_enabled: Record<string, never>;
  user_deleted: Record<string, never>;
  /**
   * The personal members of the entries of a deleted account are erased, after this event is sealed. `entries` counts
   * those that the trail had before, and `format1` those that keep the members until their retention ends.
   * If entries of later months need it, the event is repeated with the same numbers before its month is dropped.
   */
  personal_data_erased: { entries: number; format1: number };
  user_unlocked: Record<string, never>;
  /** With `importId`, the event names no person, and `granted` are all roles that the import has granted until then. */
  privilege_permissions_changed: { granted: string[]; revoked: string[]; importId?: string };
  /** An API key was created. `serviceAccountId` is that of its owner, if it is not the key of a person. */
  api_key_created: UsedKey & { scopes: string[]; expiresAt: string };
  /** An API key got a successor; it ends within a day. */
  api_key_rotated: UsedKey & { successorId: string };
  /** An API key was ended before it expired, for the given `reason`. */
  api_key_revoked: UsedKey;
  /** An API key was reported as found in a public place, and revoked. */
  api_key_leaked: UsedKey;
  service_account_created: { serviceAccountId: string; scopes: string[] };
  /** `members` have changed; `scopes` and `disabled` are as they are now. */
  service_account_updated: {
    serviceAccountId: string;
    members: string[];
    scopes: string[];
    disabled: boolean;
  };
  service_account_deleted: { serviceAccountId: string };
  authz_fail: { required: string[] } & AskedRule;
  malicious_csrf: { origin: string | null; fetchSite: string | null } & AskedRule;
  /**
   * With the members of a group, it represents several refusals of one caller. `logins` says how many of the refused requests
   * would have checked the password of the account that they name; absent if none would.
   */
  excess_rate_limit_exceeded: {
    policies: string[];
    account?: string;
    logins?: number;
    retryAfterSeconds: number;
  } & AskedRule &
    Partial<GroupedRefusals>;
  /** A proxy asked for a rule that the gateway does not have; `peer` is the address of the proxy. */
  gateway_rule_unknown: { rule: string; peer: string };
  input_validation_fail: { pointers: string[]; omitted?: number };
  audit_read: { what: 'events' | 'export' | 'seals' | 'stream' | 'verification'; filters: string[] };
  alert_acknowledged: { alertId: string; rule: string };
  alert_resolved: { alertId: string; rule: string };
  address_blocked: { address: string; seconds: number; rule: string; alertId: string };
  address_unblocked: { address: string; alertId: string };
  signing_key_rotated: { kid: string };
  /** A row of the table of keys was not created by this installation and is ignored. */
  signing_key_rejected: { kid: string };
  /** Accounts were exported, with what signs their owners in or without. */
  accounts_exported: { secrets: boolean };
  /** The master secret was changed; the entry is in the first seal of the new key. */
  secret_changed: { variable: string; formerKeyId: string };
  /** What depended on a former secret was deleted; numbers by kind. */
  secret_forgotten: { variable: string; keyId: string; deleted: Record<string, number> };
  sys_startup: { version: string };
  sys_shutdown: Record<string, never>;
}

/** The types of events that can be recorded. */
export type AuditEventType = keyof AuditDetails;
/**
 * An event that did what was requested and a call with a status below 400 are a success; everything else is a
 * failure.
 */
export type AuditOutcome = 'success' | 'failure';

/** The type of API calls in the trail. */
export const API_CALL = 'api_call';
