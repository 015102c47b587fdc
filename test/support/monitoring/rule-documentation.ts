import type { Rule } from '../../../src/monitoring/rules/rule.js';

/** The cells of the row of a rule in docs/security.md. */
export function documentedRow({ name, severity, documentation: { trueWhen, why } }: Rule): string[] {
  return [`\`${name}\``, trueWhen, severity, why];
}
