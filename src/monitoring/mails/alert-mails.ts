import { facts } from '../../platform/mail/mail-content.js';
import type { Locale } from '../../platform/access/locale.js';
import type { MailKind } from '../../platform/mail/mail-kinds.js';
import type { MailTemplates, RenderedMail } from '../../platform/mail/mail-templates.js';
import type { AlertBody } from '../alerts/alert-body.js';
import type { OwnerWords } from '../alerts/alert-kind.js';
import { alertMail } from './alert.mail.js';
import { newDeviceMail } from './new-device.mail.js';
import { OWNER_LABELS } from './owner-words.js';
import { passwordChangedMail } from './password-changed.mail.js';

/** A rendered mail and its kind. */
export type AlertMail = RenderedMail & { readonly kind: MailKind };

/** Renders an alert as a mail to the operator. */
export function operatorMail(templates: MailTemplates, product: string, alert: AlertBody): AlertMail {
  const { summary, ...figures } = alert.evidence;
  const details = [
    `Rule:       ${alert.rule} (${alert.severity})`,
    `Subject:    ${alert.subject}`,
    `Occurred:   ${alert.count} times, ${alert.firstSeenAt} to ${alert.lastSeenAt}`,
    `Alert:      ${alert.id}`,
    '',
    ...Object.entries(figures).map(([name, value]) => `${name}: ${JSON.stringify(value)}`),
  ].join('\n');
  const subject = `[${product}] ${alert.severity}: ${alert.rule}`;
  const values = { subject, summary, details: details.trimEnd(), advice: '' };
  return { kind: alertMail.kind, ...templates.render(alertMail, 'en', values) };
}

/** The rules whose alerts have a mail kind of their own. */
const OWN_KIND = {
  login_from_new_device: newDeviceMail,
  password_changed: passwordChangedMail,
} as const;

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
  const template = Object.hasOwn(OWN_KIND, alert.rule) ? OWN_KIND[alert.rule as keyof typeof OWN_KIND] : null;
  if (template) return { kind: template.kind, ...templates.render(template, locale, origin) };
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
