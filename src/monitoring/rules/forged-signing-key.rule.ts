import { type Rule, ONCE } from './rule.js';

/** Somebody with write access to the database but without the master secret tried to add a signing key. */
export function forgedSigningKey(): Rule {
  return {
    name: 'forged_signing_key',
    severity: 'critical',
    quietSeconds: null,
    events: ['signing_key_rejected'],
    documentation: {
      trueWhen: 'a row of the table of signing keys carries no code of the master secret',
      why: 'only somebody with the rights of the service on the database can write one',
    },
    limit: ONCE,
    observe: ({ entry: { details } }) => ({ subject: `key:${String(details?.kid)}`, counts: true }),
    holds: () => true,
    summary: () => 'A signing key that this installation did not make was found in the database and ignored.',
  };
}
