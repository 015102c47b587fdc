import type { Environment } from '../../platform/config/environment.js';
import { A_DAY_SECONDS } from '../alerts/alert-kind.js';
import { type Rule, ONCE, ofUser } from './rule.js';

/**
 * A correct password followed a long series of wrong ones: the owner remembered it, or somebody guessed it (ASVS
 * 6.3.5). No response may end the owner's sessions: anybody can make the failures that precede the owner's next login.
 */
export function loginAfterFailures(environment: Environment): Rule {
  const least = environment.DETECT_LOGIN_AFTER_FAILURES;
  return {
    name: 'login_after_failures',
    severity: 'info',
    quietSeconds: A_DAY_SECONDS,
    events: ['authn_login_successafterfail'],
    toOwner: {
      en: {
        subject: 'A login to your account after many failed attempts',
        sentence: 'Somebody signed in to your account after a series of failed attempts.',
      },
      de: {
        subject: 'Anmeldung nach vielen Fehlversuchen',
        sentence: 'Nach einer Reihe fehlgeschlagener Versuche hat sich jemand in Ihrem Konto angemeldet.',
      },
    },
    documentation: { trueWhen: 'a success after 10 failures in a row', why: 'one of the guesses was right' },
    limit: ONCE,
    observe(occurrence) {
      return Number(occurrence.entry.details?.failures) >= least ? ofUser(occurrence) : null;
    },
    holds: () => true,
    summary: () => `A login succeeded after at least ${least} failures in a row.`,
  };
}
