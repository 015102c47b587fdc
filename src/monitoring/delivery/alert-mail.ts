import type { AlertBody } from '../alerts/alert-body.js';

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

/** What an account's owner reads, by rule; in words that need no knowledge of the service. */
const TO_OWNER: Readonly<Record<string, { subject: string; sentence: string }>> = {
  login_from_new_device: {
    subject: 'A new device signed in to your account',
    sentence: 'A device that had not been used with your account before has signed in to it.',
  },
  login_after_failures: {
    subject: 'A login to your account after many failed attempts',
    sentence: 'After a series of wrong passwords, somebody has signed in to your account.',
  },
  impossible_travel: {
    subject: 'Logins to your account from far apart',
    sentence:
      'Your account was signed in to from two places so far apart that nobody could travel between them in the time.',
  },
  password_changed: {
    subject: 'The password of your account was changed',
    sentence: 'The password of your account was changed.',
  },
};

/** An alert as a mail to the owner of the account that it is about. */
export function ownerMail(alert: AlertBody): { subject: string; text: string } {
  const words = TO_OWNER[alert.rule] ?? {
    subject: 'A notice about your account',
    sentence: 'Something unusual happened.',
  };
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
