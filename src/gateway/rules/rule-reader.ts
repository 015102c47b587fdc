import { type Role, ROLES } from '../../platform/access/principal.js';
import { CREDENTIALS, type RuleLimit } from '../../platform/access/forward-auth.js';
import { MAX_EXACT_LIMIT } from '../../platform/config/variables.decorator.js';
import { type GateRule, RULE_NAME, SILENT_RULE } from './gate-rule.js';

const LIMIT_NAME = /^[a-z][a-z0-9-]{0,31}$/;
/** RFC 6749 section 3.3. */
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]{1,128}$/;
const AUDIENCE = /^[\x21-\x7e]{1,255}$/;
const MAX_LIMIT = 9_999_999;
/** A request is counted in all limits of its rule by one command, which has room for 127. */
const MOST_LIMITS = 32;
const A_DAY_SECONDS = 86_400;
const MEMBERS = [
  'access',
  'roles',
  'scopes',
  'acr',
  'maxAgeSeconds',
  'limits',
  'audience',
  'credentials',
  'login',
  'preflight',
];

type Members = Readonly<Record<string, unknown>>;

/**
 * Converts the contents of a rules file to rules. All faults are collected as sentences that name the member, not its
 * value; the rules can be used only if there are none.
 */
export class RuleReader {
  readonly faults: string[] = [];

  read(content: unknown): GateRule[] {
    const file = this.object(content, 'the file', ['rules']);
    const rules = this.object(file?.['rules'], 'rules', null);
    if (!rules) return [];
    return Object.entries(rules).map(([name, rule]) => this.rule(name, rule));
  }

  private rule(name: string, content: unknown): GateRule {
    const at = `rules.${RULE_NAME.test(name) ? name : JSON.stringify(name.slice(0, 80))}`;
    this.check(RULE_NAME.test(name), at, 'must be named with a to z, 0 to 9 and -, at most 63 characters');
    this.check(name !== SILENT_RULE.name, at, 'has a name that is reserved for the command gate:check');
    const members = this.object(content, at, MEMBERS) ?? {};
    const one = <T>(member: string, choices: readonly T[], fallback: T) =>
      this.oneOf(members[member], `${at}.${member}`, choices, fallback);
    this.check('access' in members, `${at}.access`, 'must be set');
    const rule: GateRule = {
      name,
      access: one('access', ['anonymous', 'signed-in'] as const, 'signed-in'),
      roles: this.roles(members, `${at}.roles`),
      scopes: this.list(members['scopes'], `${at}.scopes`, SCOPE),
      acr: one('acr', ['aal1', 'aal2', null] as const, null),
      maxAgeSeconds: this.wholeNumber(members['maxAgeSeconds'], `${at}.maxAgeSeconds`, 365 * A_DAY_SECONDS),
      limits: this.limits(members['limits'], `${at}.limits`),
      audience: this.text(members['audience'], `${at}.audience`, AUDIENCE),
      credentials:
        members['credentials'] === undefined
          ? CREDENTIALS
          : this.list(members['credentials'], `${at}.credentials`, CREDENTIALS),
      redirectsToLogin: one('login', ['redirect', null] as const, null) === 'redirect',
      preflight: one('preflight', [true, false], false),
    };
    this.checkTogether(rule, members, at);
    return rule;
  }

  private checkTogether(rule: GateRule, members: Members, at: string): void {
    const isAnonymous = rule.access === 'anonymous';
    this.check(
      isAnonymous || 'audience' in members,
      `${at}.audience`,
      'must be set where access is signed-in',
    );
    for (const member of ['roles', 'scopes', 'acr', 'maxAgeSeconds', 'login'])
      this.check(
        !isAnonymous || !(member in members),
        `${at}.${member}`,
        'has no effect where access is anonymous',
      );
    const asksForProof = rule.acr !== null || rule.maxAgeSeconds !== null;
    this.check(
      !asksForProof || rule.scopes.length === 0,
      `${at}.scopes`,
      'must not be set with acr or maxAgeSeconds, which no key can have',
    );
    this.check(
      !rule.redirectsToLogin || rule.credentials.includes('cookie'),
      `${at}.login`,
      'needs the credential cookie, which a browser sends after the login',
    );
  }

  /** An empty list makes sense beside scopes only: service accounts have no roles, and can still pass. */
  private roles({ roles, scopes }: Members, at: string): Role[] | null {
    if (roles === undefined) return null;
    const isForServiceAccounts = Array.isArray(roles) && roles.length === 0 && scopes !== undefined;
    return isForServiceAccounts ? [] : this.list(roles, at, ROLES);
  }

  private limits(content: unknown, at: string): RuleLimit[] {
    if (content === undefined) return [];
    if (!Array.isArray(content)) {
      this.fault(at, 'must be a list');
      return [];
    }
    const limits = content.map((one: unknown, index) => this.limit(one, `${at}[${index}]`));
    this.check(limits.length <= MOST_LIMITS, at, `must be a list of at most ${MOST_LIMITS}`);
    const names = limits.map(({ name }) => name);
    this.check(new Set(names).size === names.length, at, 'must have a name of its own for each limit');
    return limits;
  }

  private limit(content: unknown, at: string): RuleLimit {
    const members = this.object(content, at, ['name', 'limit', 'windowSeconds', 'by', 'exact']) ?? {};
    for (const member of ['name', 'limit', 'windowSeconds', 'by'])
      this.check(member in members, `${at}.${member}`, 'must be set');
    const limit: RuleLimit = {
      name: this.text(members['name'], `${at}.name`, LIMIT_NAME) ?? '',
      limit: this.wholeNumber(members['limit'], `${at}.limit`, MAX_LIMIT) ?? 1,
      windowSeconds: this.wholeNumber(members['windowSeconds'], `${at}.windowSeconds`, A_DAY_SECONDS) ?? 1,
      by: this.oneOf(members['by'], `${at}.by`, ['caller', 'address'] as const, 'address'),
      exact: this.oneOf(members['exact'], `${at}.exact`, [true, false], false),
    };
    const isTooLarge = limit.exact && limit.limit > MAX_EXACT_LIMIT;
    this.check(!isTooLarge, `${at}.limit`, `must be at most ${MAX_EXACT_LIMIT} where exact is true`);
    return limit;
  }

  private object(content: unknown, at: string, members: readonly string[] | null): Members | null {
    if (typeof content !== 'object' || content === null || Array.isArray(content)) {
      this.fault(at, 'must have members');
      return null;
    }
    const unknown = members === null ? [] : Object.keys(content).filter((name) => !members.includes(name));
    for (const name of unknown) this.fault(at, `has an unknown member ${JSON.stringify(name.slice(0, 80))}`);
    return content as Members;
  }

  private oneOf<T>(content: unknown, at: string, choices: readonly T[], fallback: T): T {
    if (content === undefined) return fallback;
    if (content !== null && choices.includes(content as T)) return content as T;
    this.fault(at, `must be ${choices.filter((choice) => choice !== null).join(' or ')}`);
    return fallback;
  }

  private list<T extends string>(content: unknown, at: string, allowed: readonly T[] | RegExp): T[] {
    if (content === undefined) return [];
    const items = Array.isArray(content) ? (content as T[]) : [];
    const isAllowed = (item: unknown) =>
      typeof item === 'string' &&
      (allowed instanceof RegExp ? allowed.test(item) : allowed.includes(item as T));
    const what = allowed instanceof RegExp ? 'scopes' : allowed.join(', ');
    this.check(
      items.length > 0 && items.every(isAllowed) && new Set(items).size === items.length,
      at,
      `must be a list of ${what}, at least one and none twice`,
    );
    return items;
  }

  private text(content: unknown, at: string, form: RegExp): string | null {
    if (content === undefined) return null;
    const isText = typeof content === 'string' && form.test(content);
    this.check(isText, at, `must be a text of the form ${form.source}`);
    return isText ? content : null;
  }

  private wholeNumber(content: unknown, at: string, max: number): number | null {
    if (content === undefined) return null;
    const isNumber = Number.isInteger(content) && Number(content) >= 1 && Number(content) <= max;
    this.check(isNumber, at, `must be a whole number from 1 to ${max}`);
    return isNumber ? Number(content) : null;
  }

  private check(holds: boolean, at: string, sentence: string): void {
    if (!holds) this.fault(at, sentence);
  }

  private fault(at: string, sentence: string): void {
    this.faults.push(`GATEWAY_RULES_FILE: ${at} ${sentence}`);
  }
}
