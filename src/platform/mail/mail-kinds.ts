/**
 * Every kind of mail that the service can send. The names are used for template files and for `kind` in the caught
 * mailbox.
 */
export const MAIL_KINDS = [
  'verification',
  'address_change',
  'address_changing',
  'address_changed',
  'address_taken',
  'registration_taken',
  'password_reset',
  'password_changed',
  'new_device',
  'factor_added',
  'factor_removed',
  'recovery_code_used',
  'recovery_codes_renewed',
  'recovery_started',
  'recovery_ready',
  'recovery_done',
  'api_key_created',
  'api_key_expiring',
  'api_key_leaked',
  'role_changed',
  'invitation',
  'link_handed_out',
  'account_disabled',
  'account_deleted',
  'alert',
] as const;

/** One of {@link MAIL_KINDS}. */
export type MailKind = (typeof MAIL_KINDS)[number];
