import type { AuditEvent } from '../audit/audit-entry.js';
import type { AuditService } from '../audit/audit.service.js';
import { isProblem } from '../platform/errors/problem.js';
import { SecretsErrors } from '../platform/secrets/secrets.errors.js';

type SecretEvent =
  | 'authn_password_change_fail'
  | 'session_disown_fail'
  | 'user_email_verify_fail'
  | 'user_invitation_fail'
  | 'user_recovery_cancel_fail'
  | 'user_recovery_finish_fail';

/** The event of a mailed link or code that could not be used. */
type SecretFailure = {
  [Type in SecretEvent]: Pick<AuditEvent<Type>, 'type' | 'userId' | 'sessionId' | 'origin' | 'details'>;
}[SecretEvent];

/**
 * Runs the use of a mailed link or code. If it throws `invalid_link` or `invalid_code`, records the failure before it
 * throws the error again.
 */
export async function recordingInvalidSecret<T>(
  audit: AuditService,
  failure: SecretFailure,
  use: () => Promise<T>,
): Promise<T> {
  try {
    return await use();
  } catch (error) {
    if (isProblem(error, SecretsErrors.invalid_link, SecretsErrors.invalid_code))
      await audit.recordAlone({ ...failure, outcome: 'failure', reason: error.row.code });
    throw error;
  }
}
