import { problemTable } from '../errors/problem.js';

/** Refusals of requests that are of no use without a mail. */
export const MailErrors = problemTable({
  mail_unconfigured: [
    503,
    'Mail not configured',
    'This service cannot send mail, which this request needs. Contact the people who run it.',
  ],
});
