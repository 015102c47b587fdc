/** Targets of the documentation pages, with or without a query, the only ones that load resources. */
const DOCS = /^\/docs(?:[/?]|$)/;

/** How clients reach the service. */
export interface Transport {
  readonly https: boolean;
  /** Whether all subdomains of the host of `PUBLIC_URL` use https too; only the operator knows. */
  readonly includeSubDomains: boolean;
}

/**
 * Returns the fixed header fields of every response (OWASP HTTP Headers Cheat Sheet, ASVS 3.4). `no-store` is the rule and
 * cacheable responses are the exception, since nearly all contain tokens or personal data.
 */
export function securityHeaders({ https, includeSubDomains }: Transport): {
  api: Record<string, string>;
  docs: Record<string, string>;
} {
  const shared = {
    ...(https && {
      'strict-transport-security': `max-age=63072000${includeSubDomains ? '; includeSubDomains' : ''}`,
    }),
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'cache-control': 'no-store',
    vary: 'Origin, Sec-Fetch-Site',
  };
  return {
    api: { ...shared, 'content-security-policy': "default-src 'none'; frame-ancestors 'none'" },
    docs: {
      ...shared,
      'content-security-policy':
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; " +
        "connect-src 'self'; font-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
    },
  };
}

/** Returns whether a request target belongs to the documentation pages. */
export function isDocumentation(target: string): boolean {
  return DOCS.test(target);
}
