import type { AlertBody } from '../alerts/alert-body.js';

const MARKS = { info: ':information_source:', warning: ':warning:', critical: ':rotating_light:' } as const;

/** An alert as the body of a Slack incoming webhook, which Mattermost and Discord (`/slack`) understand too. */
export function slackMessage({ id, rule, severity, subject, count, evidence }: AlertBody): { text: string } {
  const lines = [
    `${MARKS[severity]} *${severity}: ${rule}* on \`${escape(subject)}\``,
    escape(evidence.summary),
    `Seen ${count} times. Alert ${id}`,
  ];
  return { text: lines.join('\n') };
}

/** The three characters that control Slack's markup; https://docs.slack.dev/messaging/formatting-message-text */
const escape = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
