import { createRequire } from 'node:module';
import { isIP } from 'node:net';
import type { Environment } from './environment.js';

/** The Public Suffix List is read only where somebody sets the variable. */
const publicSuffixes = () => createRequire(import.meta.url)('tldts') as typeof import('tldts');

/** Returns a sentence if browsers would refuse to make passkeys for `PASSKEY_RP_ID` on the pages of `PUBLIC_URL`. */
export function passkeyDomainFaults({ PASSKEY_RP_ID: domain, PUBLIC_URL }: Environment): string[] {
  if (domain === undefined) return [];
  const { hostname } = new URL(PUBLIC_URL);
  const isOverIt = hostname === domain || hostname.endsWith(`.${domain}`);
  if (!isOverIt || isIP(hostname) !== 0 || hostname.startsWith('['))
    return ['PASSKEY_RP_ID must be the host of PUBLIC_URL or a parent domain of it'];
  return hostname !== domain &&
    publicSuffixes().getPublicSuffix(domain, { allowPrivateDomains: true }) === domain
    ? ['PASSKEY_RP_ID must not be a public suffix, whose subdomains belong to different owners']
    : [];
}
