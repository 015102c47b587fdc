import { type Rule, ONCE } from './rule.js';

/** Somebody with write access to the database but without the master secret tried to add a signing key. */
export function forgedSigningKey(): Rule {
  return {
    name: 'forged_signing_key',
    severity: 'critical',
    quietSeconds: null,
    events: ['signing_key_rejected'],
    documentation: {
      trueWhen: 'a row of the table of signing keys has no valid authentication code',
      why: 'writing one takes the database privileges of the service',
    },
    limit: ONCE,
    observe: ({ entry: { details } }) => ({ subject: `key:${String(details?.kid)}`, counts: true }),
    holds: () => true,
    summary: () => 'A signing key not created by this installation was found in the database and ignored.',
  };
}
