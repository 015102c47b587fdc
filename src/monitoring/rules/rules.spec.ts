import { describe, expect, it } from 'vitest';
import { ATTACKS, later } from '../../../test/support/attacks/attacks.js';
import { ORDINARY, ORDINARY_TEN_MINUTES } from '../../../test/support/attacks/ordinary-traffic.js';
import type { Act } from '../../../test/support/attacks/scenario.js';
import { findingsOf } from '../../../test/support/attacks/findings-of.js';
import { Environment } from '../../platform/config/environment.js';
import { rulesOf } from './rules.js';

const RULES = rulesOf(new Environment());

const accountOf = (act: Act) => ('account' in act ? act.account : null);

const rulesFound = (acts: readonly Act[]) =>
  [...new Set(findingsOf(RULES, acts).map(({ kind }) => kind.name))].sort();

describe('The rules over the trail', () => {
  it.each(ATTACKS)('find exactly the expected alerts in $name', ({ acts, expects }) => {
    expect(rulesFound(acts)).toEqual([...expects].sort());
  });

  it.each([...ORDINARY, ORDINARY_TEN_MINUTES])('find nothing in $name', ({ acts }) => {
    expect(rulesFound(acts)).toEqual([]);
  });

  // An attack that makes up most of the service's logins also triggers other rules, and rightly so.
  it.each(ATTACKS.filter(({ acts }) => new Set(acts.map(accountOf)).size < 50))(
    'find $name within ordinary traffic',
    ({ acts, expects }) => {
      const mixed = [...ORDINARY_TEN_MINUTES.acts, ...later(acts, 1)].sort((a, b) => a.at - b.at);
      expect(rulesFound(mixed)).toEqual([...expects].sort());
    },
  );

  it('have distinct names', () => {
    const names = RULES.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });

  it('announce each occurrence if it is rare and matters, not if strangers or a wrong configuration repeat it', () => {
    const each = RULES.filter(({ announcesEach }) => announcesEach).map(({ name }) => name);
    expect(each.sort()).toEqual(['factor_removed', 'privilege_granted', 'recovery_started']);
  });

  it('put neither submitted addresses nor passwords into the evidence', () => {
    const evidence = ATTACKS.flatMap(({ acts }) => findingsOf(RULES, acts)).map((finding) =>
      JSON.stringify(finding),
    );
    const expected = ATTACKS.flatMap(({ expects }) => expects);
    expect(evidence.length).toBeGreaterThanOrEqual(expected.length);
    for (const text of evidence) expect(text).not.toMatch(/victim|leaked-|employee-|@/);
  });
});

describe('Responses', () => {
  it.each([
    ['RESPOND_BLOCK_ADDRESS', 'refresh_token_reuse'],
    ['RESPOND_BLOCK_ADDRESS', 'no_such_rule'],
    // An outsider can trigger these rules, so the response would let them sign out the victim.
    ['RESPOND_END_SESSIONS', 'brute_force'],
    ['RESPOND_END_SESSIONS', 'login_after_failures'],
  ])('cannot be enabled by %s for the rule %s', (variable, rule) => {
    const environment = Object.assign(new Environment(), { [variable]: [rule] });
    expect(() => rulesOf(environment)).toThrow(`${variable} must be a comma-separated list of rules among`);
  });
});
