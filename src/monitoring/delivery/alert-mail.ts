import type { AlertBody } from '../alerts/alert-body.js';
import type { OwnerWords } from '../alerts/alert-kind.js';

/** An alert as a mail to the operator. */
export function operatorMail(alert: AlertBody): { subject: string; text: string } {
  const { summary, ...figures } = alert.evidence;
  const text = [
    summary,
    '',
    `Rule:       ${alert.rule} (${alert.severity})`,
    `Subject:    ${alert.subject}`,
    `Occurred:   ${alert.count} times, ${alert.firstSeenAt} to ${alert.lastSeenAt}`,
    `Alert:      ${alert.id}`,
    '',
    ...Object.entries(figures).map(([name, value]) => `${name}: ${JSON.stringify(value)}`),
    '',
  ].join('\n');
  return { subject: `[Portcullis] ${alert.severity}: ${alert.rule}`, text };
}

/** An alert as a mail to the owner of the account that it is about. */
export function ownerMail(alert: AlertBody, words: OwnerWords): { subject: string; text: string } {
  const { addresses = [], device } = alert.evidence;
  const text = [
    'Hello,',
    '',
    words.sentence,
    '',
    `Time:    ${alert.lastSeenAt}`,
    ...(addresses.length > 0 ? [`Address: ${addresses[0]}`] : []),
    ...(typeof device === 'string' ? [`Device:  ${device}`] : []),
    '',
    'If this was you, there is nothing to do. If it was not, change your password at once and tell the',
    'people who run this service.',
    '',
  ].join('\n');
  return { subject: words.subject, text };
}
