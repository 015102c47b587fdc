import { problemTable } from '../platform/errors/problem.js';

/** Errors of changes to other people's accounts. */
export const AdminErrors = problemTable({
  last_administrator: [
    409,
    'Last administrator',
    'This is the last administrator who can sign in; make another account an administrator first.',
  ],
  own_roles: [403, 'Own roles', 'Nobody changes their own roles; another administrator must do so.'],
  wrong_status: [409, 'Wrong status', 'The status of the account does not allow this.'],
});
