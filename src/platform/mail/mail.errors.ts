import { problemTable } from '../errors/problem.js';

/** Errors of requests that cannot work without mail. */
export const MailErrors = problemTable({
  mail_unconfigured: [
    503,
    'Mail not configured',
    'This service cannot send mail, which this request requires. Contact its operator.',
  ],
});
