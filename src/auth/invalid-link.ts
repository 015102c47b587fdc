import type { AuditEvent } from '../audit/audit-entry.js';
import type { AuditService } from '../audit/audit.service.js';
import { isProblem } from '../platform/errors/problem.js';
import { SecretsErrors } from '../platform/secrets/secrets.errors.js';

type LinkEvent =
  | 'authn_password_change_fail'
  | 'session_disown_fail'
  | 'user_invitation_fail'
  | 'user_recovery_cancel_fail'
  | 'user_recovery_finish_fail';

/** The event of a mailed link that could not be used. */
type LinkFailure = { [Type in LinkEvent]: Pick<AuditEvent<Type>, 'type' | 'origin' | 'details'> }[LinkEvent];

/** Runs the use of a mailed link. If it throws `invalid_link`, records the failure before it throws the error again. */
export async function recordingInvalidLink<T>(
  audit: AuditService,
  failure: LinkFailure,
  use: () => Promise<T>,
): Promise<T> {
  try {
    return await use();
  } catch (error) {
    if (isProblem(error, SecretsErrors.invalid_link))
      await audit.recordAlone({ ...failure, outcome: 'failure', reason: error.row.code });
    throw error;
  }
}
