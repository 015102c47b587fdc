import { expect, it } from 'vitest';
import { slackMessage } from './slack-message.js';

const alert = {
  id: '019abf6e-3c1a-7d52-9a41-6f0a7e1b2c3d',
  rule: 'known_key_published',
  severity: 'critical',
  state: 'open',
  subject: 'address:192.0.2.1',
  firstSeenAt: '2026-01-01T00:00:00.000Z',
  lastSeenAt: '2026-01-01T00:00:00.000Z',
  evidence: { summary: 'A key is public.' },
  acknowledgedBy: null,
  resolvedBy: null,
} as const;

it.each([
  [1, 'Seen once.'],
  [2, 'Seen 2 times.'],
])('a Slack message says of a count of %i: %s', (count, words) => {
  expect(slackMessage({ ...alert, count }).text).toContain(words);
});
