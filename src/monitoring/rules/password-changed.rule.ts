import { A_DAY_SECONDS } from '../alerts/alert-kind.js';
import { type Rule, ONCE, ofUser } from './rule.js';

/** A credential was replaced. The owner is notified (ASVS 6.3.7); the operator need not act. */
export function passwordChanged(): Rule {
  return {
    name: 'password_changed',
    severity: 'info',
    quietSeconds: A_DAY_SECONDS,
    events: ['authn_password_change'],
    toOwner: {
      en: {
        subject: 'The password of your account was changed',
        sentence: 'The password of your account was changed.',
      },
      de: { subject: 'Ihr Passwort wurde geändert', sentence: 'Das Passwort Ihres Kontos wurde geändert.' },
    },
    documentation: { trueWhen: 'a single event', why: 'the owner is notified' },
    limit: ONCE,
    observe: (occurrence) => (occurrence.entry.outcome === 'success' ? ofUser(occurrence) : null),
    holds: () => true,
    summary: () => 'The password of an account was changed.',
  };
}
