import { type Rule, ONCE } from './rule.js';

/** A proxy asks for a rule that does not exist, so everything that it passes on is refused. */
export function gatewayUnknownRule(): Rule {
  return {
    name: 'gateway_unknown_rule',
    severity: 'warning',
    quietSeconds: null,
    events: ['gateway_rule_unknown'],
    documentation: {
      trueWhen: 'a proxy asks for a rule that the gateway does not have',
      why: 'only a mistake in one of two configurations does that',
    },
    limit: ONCE,
    observe: ({ entry: { details } }) => ({ subject: `peer:${String(details?.peer)}`, counts: true }),
    holds: () => true,
    evidence: (_figures, { entry: { details } }) => ({ rule: details?.rule }),
    summary: () => 'A proxy asked for a rule that the gateway does not have; its requests are refused.',
  };
}
