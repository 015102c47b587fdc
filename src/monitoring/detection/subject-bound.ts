import ipaddr from 'ipaddr.js';
import type { Evidence, Finding } from '../alerts/alert-kind.js';

/** How many subjects of one rule get an alert each within {@link STRETCH_MS}. */
export const MOST_NAMED = 20;
/** How many of them may be in one IPv6 /48, which is often assigned to a single subscriber (RFC 6177 section 2). */
export const MOST_OF_ONE_SITE = 3;
/** The time in which subjects count towards {@link MOST_NAMED}. */
export const STRETCH_MS = 3_600_000;

/** The subject of findings beyond all bounds. */
export const OTHERS = 'others';

/** How many accounts, addresses and users a combined alert names. */
const NAMED_IN_EVIDENCE = 20;

/** Subjects of which an outsider can invent any number. Known users and their sessions are not among them. */
const INVENTED = /^(account|address):/;

/** A finding and the client network of the last event behind it. */
export interface Located {
  readonly finding: Finding;
  readonly network: string | null;
}

/**
 * Limits the alerts that outsiders can cause by one rule, so that they do not hide other alerts. Beyond the limit,
 * findings are combined by the /48 that contains their addresses, and then into one per rule.
 */
export class SubjectBound {
  private readonly named = new Map<string, { site: string | null; lastMs: number }>();

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

  private subjectOf({ subject, lastSeenAt }: Finding, network: string | null): string {
    if (!INVENTED.test(subject)) return subject;
    const nowMs = lastSeenAt.getTime();
    const site = siteOf(network);
    if (this.admit(subject, site, nowMs)) return subject;
    // The combined subject of a site counts as a subject, too. Otherwise it could be used to get around the limit.
    return site !== null && this.admit(site, null, nowMs) ? site : OTHERS;
  }

  private admit(subject: string, site: string | null, nowMs: number): boolean {
    if (!this.named.has(subject)) {
      for (const [key, { lastMs }] of this.named) if (lastMs < nowMs - STRETCH_MS) this.named.delete(key);
      if (this.named.size >= MOST_NAMED) return false;
      const ofSite = site === null ? [] : [...this.named.values()].filter((one) => one.site === site);
      if (ofSite.length >= MOST_OF_ONE_SITE) return false;
    }
    this.named.set(subject, { site, lastMs: nowMs });
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
  const among = subject === OTHERS ? 'other subjects' : `subjects of ${subject.slice('address:'.length)}`;
  return {
    ...newest,
    subject,
    count: findings.reduce((sum, { count }) => sum + count, 0),
    firstSeenAt: new Date(Math.min(...findings.map(({ firstSeenAt }) => firstSeenAt.getTime()))),
    addresses: [...new Set(findings.flatMap(({ addresses = [] }) => addresses))],
    evidence: {
      ...newest.evidence,
      summary: `True of ${findings.length} ${among}; most recent: ${newest.evidence.summary}`,
      subjects: findings.length,
      accounts: union(findings, 'accounts'),
      addresses: union(findings, 'addresses'),
      userIds: union(findings, 'userIds'),
    },
  };
}

const union = (findings: readonly Finding[], member: 'accounts' | 'addresses' | 'userIds') =>
  [...new Set(findings.flatMap(({ evidence }: { evidence: Evidence }) => evidence[member] ?? []))].slice(
    0,
    NAMED_IN_EVIDENCE,
  );
