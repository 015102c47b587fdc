import { problemTable } from '../platform/errors/problem.js';

/** Errors of changes to other people's accounts. */
export const AdminErrors = problemTable({
  own_roles: [403, 'Own roles', 'You cannot change your own roles; another administrator must do so.'],
  wrong_status: [409, 'Wrong status', 'The status of the account does not allow this.'],
});
