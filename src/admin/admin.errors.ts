import { problemTable } from '../platform/errors/problem.js';

/** Errors of changes to other people's accounts. */
export const AdminErrors = problemTable({
  last_administrator: [
    409,
    'Last administrator',
    'This is the last administrator who can sign in; make another account an administrator first.',
  ],
});
