import type { AlertBody } from '../alerts/alert-body.js';

const MARKS = { info: ':information_source:', warning: ':warning:', critical: ':rotating_light:' } as const;

/** Formats an alert for a Slack incoming webhook; Mattermost and Discord (`/slack`) accept the same format. */
export function slackMessage({ id, rule, severity, subject, count, evidence }: AlertBody): { text: string } {
  const lines = [
    `${MARKS[severity]} *${severity}: ${rule}* on \`${escape(subject)}\``,
    escape(evidence.summary),
    `Seen ${count === 1 ? 'once' : `${count} times`}. Alert ${id}`,
  ];
  return { text: lines.join('\n') };
}

/** The three characters that control Slack's markup; https://docs.slack.dev/messaging/formatting-message-text */
const escape = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
