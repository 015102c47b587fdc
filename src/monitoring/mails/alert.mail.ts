import { paragraph, preformatted } from '../../platform/mail/mail-content.js';
import { mailTemplate, type MailValues } from '../../platform/mail/mail-template.js';

const PLACEHOLDERS = ['subject', 'summary', 'details', 'advice'] as const;

const words = ({ subject, summary, details, advice }: MailValues<(typeof PLACEHOLDERS)[number]>) => ({
  subject,
  body: [paragraph`${summary}`, preformatted(details), ...(advice === '' ? [] : [paragraph`${advice}`])],
});

/** An alert, sent to the operator or to the owner of the account. The text is supplied with each alert. */
export const alertMail = mailTemplate({
  kind: 'alert',
  placeholders: PLACEHOLDERS,
  words: { en: words, de: words },
});
