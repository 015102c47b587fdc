import type { Environment } from './environment.js';

/** The variables with pages that links in mails lead to. */
const LINKS = ['LINK_VERIFY_URL', 'LINK_RESET_URL', 'LINK_UNDO_URL', 'LINK_DEVICE_URL'] as const;

/** Returns one sentence for each page that must not be given the tokens of mails. */
export function mailLinkFaults(environment: Environment): string[] {
  return LINKS.flatMap((name) => faultOf(name, new URL(environment[name]), environment) ?? []);
}

function faultOf(
  name: string,
  { origin, protocol, href }: URL,
  { PUBLIC_URL, CORS_ORIGINS, isProduction }: Environment,
): string | null {
  if (href.includes('#')) return `${name} must have no fragment, because the token takes its place`;
  const isOwn = origin === new URL(PUBLIC_URL).origin;
  // PUBLIC_URL has a check of its own.
  if (isProduction && protocol === 'http:' && !isOwn)
    return `${name} must be https in production: whoever has the token has the account`;
  return isOwn || CORS_ORIGINS.includes(origin)
    ? null
    : `${name} must be on the origin of PUBLIC_URL or on one of CORS_ORIGINS`;
}
