import { facts } from '../../platform/mail/mail-content.js';
import type { Locale } from '../../platform/access/locale.js';
import type { MailKind } from '../../platform/mail/mail-kinds.js';
import type { MailTemplates, RenderedMail } from '../../platform/mail/mail-templates.js';
import type { AlertBody } from '../alerts/alert-body.js';
import type { OwnerWords } from '../alerts/alert-kind.js';
import { alertMail } from './alert.mail.js';
import { OWNER_LABELS } from './owner-words.js';

/** A rendered mail and its kind. */
export type AlertMail = RenderedMail & { readonly kind: MailKind };

/** Renders an alert as a mail to the operator. */
export function operatorMail(templates: MailTemplates, product: string, alert: AlertBody): AlertMail {
  const { summary, ...figures } = alert.evidence;
  const details = [
    `Rule:       ${alert.rule} (${alert.severity})`,
    `Subject:    ${alert.subject}`,
    `Occurred:   ${alert.count === 1 ? 'once' : `${alert.count} times`}, ${alert.firstSeenAt} to ${alert.lastSeenAt}`,
    `Alert:      ${alert.id}`,
    '',
    ...Object.entries(figures).map(([name, value]) => `${name}: ${JSON.stringify(value)}`),
  ].join('\n');
  const subject = `[${product}] ${alert.severity}: ${alert.rule}`;
  const values = { subject, summary, details: details.trimEnd(), advice: '' };
  return { kind: alertMail.kind, ...templates.render(alertMail, 'en', values) };
}

/** Renders an alert as a mail to the owner of the account, using the rule's text in the owner's language. */
export function ownerMail(
  templates: MailTemplates,
  alert: AlertBody,
  { subject, sentence: summary }: OwnerWords,
  locale: Locale,
): AlertMail {
  const { addresses = [], device } = alert.evidence;
  const origin = {
    time: alert.lastSeenAt,
    address: addresses[0] ?? '',
    device: typeof device === 'string' ? device : '',
  };
  const labels = OWNER_LABELS[locale];
  const details = facts([
    [labels.time, origin.time],
    [labels.address, origin.address],
    [labels.device, origin.device],
  ]).text;
  return {
    kind: alertMail.kind,
    ...templates.render(alertMail, locale, { subject, summary, details, advice: labels.advice }),
  };
}
