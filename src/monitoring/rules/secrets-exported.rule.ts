import { type Rule, ONCE } from './rule.js';

/** Somebody has a file with every password hash and second factor. */
export function secretsExported(): Rule {
  return {
    name: 'secrets_exported',
    severity: 'critical',
    quietSeconds: null,
    events: ['accounts_exported'],
    documentation: {
      trueWhen: 'an operator exports accounts with their password hashes and factors',
      why: 'rare, and whoever can decrypt the file can sign in with the factors and guess the passwords',
    },
    limit: ONCE,
    observe({ entry: { id, details } }) {
      return details?.secrets === true ? { subject: `export:${id}`, counts: true } : null;
    },
    holds: () => true,
    evidence: (_figures, { entry: { details } }) => ({
      exportedBy: details?.operator ?? null,
      ...(details?.auditReason !== undefined && { auditReason: details.auditReason }),
    }),
    summary: () => 'Accounts were exported with their password hashes and second factors.',
  };
}
