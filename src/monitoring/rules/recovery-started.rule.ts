import { type Rule, ONCE, ofUser } from './rule.js';

/** Somebody who knows the password of an account wants its second factors removed: its owner, or an intruder. */
export function recoveryStarted(): Rule {
  return {
    name: 'recovery_started',
    severity: 'warning',
    quietSeconds: null,
    announcesEach: true,
    events: ['user_recovery_started'],
    documentation: {
      trueWhen: 'the recovery of lost second factors of an account is started',
      why: 'the owner, or an intruder who knows the password; the waiting time is for looking into it',
    },
    limit: ONCE,
    observe: (occurrence) => (occurrence.entry.outcome === 'success' ? ofUser(occurrence) : null),
    holds: () => true,
    evidence: (_figures, { entry: { details } }) => ({ dueAt: details?.dueAt }),
    summary: () => 'The recovery of lost second factors of an account was started.',
  };
}
