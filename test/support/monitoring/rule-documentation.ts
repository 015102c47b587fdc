import type { Rule } from '../../../src/monitoring/rules/rule.js';

/** The cells of a rule's row in docs/security.md. */
export function documentedRow({ name, severity, documentation: { trueWhen, why } }: Rule): string[] {
  return [`\`${name}\``, trueWhen, severity, why];
}
