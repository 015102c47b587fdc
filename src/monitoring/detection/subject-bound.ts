import ipaddr from 'ipaddr.js';
import type { Evidence, Finding } from '../alerts/alert-kind.js';

/** How many subjects of one rule get an alert each within {@link STRETCH_MS}. */
export const MOST_NAMED = 20;
/** How many of them may be in one IPv6 /48, which is often assigned to a single subscriber (RFC 6177 section 2). */
export const MOST_OF_ONE_SITE = 3;
/** How many subjects of one user get an alert each: sessions and keys, of which a user can make any number, and addresses. */
export const MOST_OF_ONE_USER = 3;
/** The time in which subjects count towards these bounds. */
export const STRETCH_MS = 3_600_000;

/** The subject of findings beyond all bounds. */
export const OTHERS = 'others';

/** How many accounts, addresses and users a combined alert names. */
const NAMED_IN_EVIDENCE = 20;

/** Subjects of which an outsider can invent any number. Known users are not among them. */
const INVENTED = /^(account|address):/;
/** Subjects of which a user can make any number. */
const MADE_BY_USER = /^(session|key):/;
/** Addresses from which somebody guesses at the account of a known user. An outsider can use any number. */
const AGAINST_USER = /^(user:\S+) address:/;

/** A finding and the client network of the last event behind it. */
export interface Located {
  readonly finding: Finding;
  readonly network: string | null;
}

/**
 * Limits the alerts that anybody can cause by one rule, so that they do not hide other alerts. Beyond the limit,
 * findings of outsiders are combined by the /48 that contains their addresses, and then into one per rule, and those about
 * sessions or keys, or about addresses that guess at one account, by their user.
 */
export class SubjectBound {
  private readonly invented = new NamedSubjects(MOST_NAMED, MOST_OF_ONE_SITE);
  // Without a total, because an attacker's own sessions and keys must not hide those of a victim.
  private readonly ofUsers = new NamedSubjects(Infinity, MOST_OF_ONE_USER);

  /** Assigns the findings of one rule to the subjects under which they are raised. Returns one finding per subject. */
  apply(findings: readonly Located[]): Finding[] {
    const groups = new Map<string, Finding[]>();
    for (const { finding, network } of findings) {
      const subject = this.subjectOf(finding, network);
      groups.set(subject, [...(groups.get(subject) ?? []), finding]);
    }
    return Array.from(groups, ([subject, all]) =>
      all.length === 1 && all[0]!.subject === subject ? all[0]! : joined(subject, all),
    );
  }

  private subjectOf({ subject, lastSeenAt, evidence }: Finding, network: string | null): string {
    const nowMs = lastSeenAt.getTime();
    const user = userOf(subject, evidence);
    if (user !== null) return this.ofUsers.admit(subject, user, nowMs) ? subject : user;
    if (!INVENTED.test(subject)) return subject;
    const site = siteOf(network);
    if (this.invented.admit(subject, site, nowMs)) return subject;
    // The combined subject of a site counts as a subject, too. Otherwise it could be used to get around the limit.
    return site !== null && this.invented.admit(site, null, nowMs) ? site : OTHERS;
  }
}

/** Returns the subject for the user by whom this one is combined with others; null for one that is not combined by user. */
function userOf(subject: string, { userIds }: Evidence): string | null {
  const against = AGAINST_USER.exec(subject)?.[1];
  if (against !== undefined) return against;
  const owner = MADE_BY_USER.test(subject) ? userIds?.[0] : undefined;
  return owner === undefined ? null : `user:${owner}`;
}

/** The subjects that got an alert each within {@link STRETCH_MS}, at most `most`, and of one group `mostOfGroup`. */
class NamedSubjects {
  private readonly named = new Map<string, { group: string | null; lastMs: number }>();

  constructor(
    private readonly most: number,
    private readonly mostOfGroup: number,
  ) {}

  admit(subject: string, group: string | null, nowMs: number): boolean {
    if (!this.named.has(subject)) {
      // Later ones were named while the clock was ahead.
      for (const [key, { lastMs }] of this.named)
        if (Math.abs(nowMs - lastMs) > STRETCH_MS) this.named.delete(key);
      if (this.named.size >= this.most) return false;
      const ofGroup = group === null ? [] : [...this.named.values()].filter((one) => one.group === group);
      if (ofGroup.length >= this.mostOfGroup) return false;
    }
    this.named.set(subject, { group, lastMs: nowMs });
    return true;
  }
}

/** Returns the subject for the /48 that contains an IPv6 network; null for IPv4 and an unknown address. */
function siteOf(network: string | null): string | null {
  const [address] = network?.split('/') ?? [];
  if (address === undefined || !ipaddr.IPv6.isValid(address)) return null;
  return `address:${ipaddr.IPv6.networkAddressFromCIDR(`${address}/48`).toRFC5952String()}/48`;
}

/** Combines several findings of the same rule. */
function joined(subject: string, findings: readonly Finding[]): Finding {
  const newest = findings.reduce((a, b) => (b.lastSeenAt >= a.lastSeenAt ? b : a));
  return {
    ...newest,
    subject,
    count: findings.reduce((sum, { count }) => sum + count, 0),
    firstSeenAt: new Date(Math.min(...findings.map(({ firstSeenAt }) => firstSeenAt.getTime()))),
    addresses: [...new Set(findings.flatMap(({ addresses = [] }) => addresses))],
    evidence: {
      ...newest.evidence,
      summary: `True of ${findings.length} ${amongOf(subject, newest)}; most recent: ${newest.evidence.summary}`,
      subjects: findings.length,
      accounts: union(findings, 'accounts'),
      addresses: union(findings, 'addresses'),
      userIds: union(findings, 'userIds'),
    },
  };
}

function amongOf(subject: string, { subject: example }: Finding): string {
  if (subject === OTHERS) return 'other subjects';
  if (!subject.startsWith('user:')) return `subjects of ${subject.slice('address:'.length)}`;
  if (AGAINST_USER.test(example)) return 'further IP addresses for one user';
  return `further ${example.startsWith('key:') ? 'API keys' : 'sessions'} of one user`;
}

const union = (findings: readonly Finding[], member: 'accounts' | 'addresses' | 'userIds') =>
  [...new Set(findings.flatMap(({ evidence }: { evidence: Evidence }) => evidence[member] ?? []))].slice(
    0,
    NAMED_IN_EVIDENCE,
  );
