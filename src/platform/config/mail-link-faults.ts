import type { Environment } from './environment.js';
import { LINK_VARIABLES } from './link-variables.js';

/** Returns one sentence for each page that must not receive the tokens in mails. */
export function mailLinkFaults(environment: Environment): string[] {
  return LINK_VARIABLES.flatMap((name) => faultOf(name, new URL(environment[name]), environment) ?? []);
}

function faultOf(
  name: string,
  { origin, protocol, href }: URL,
  { PUBLIC_URL, CORS_ORIGINS, isProduction }: Environment,
): string | null {
  if (href.includes('#')) return `${name} must not have a fragment, because the token is added as one`;
  const isOwn = origin === new URL(PUBLIC_URL).origin;
  // PUBLIC_URL is checked separately.
  if (isProduction && protocol === 'http:' && !isOwn)
    return `${name} must be https in production, because the token gives access to the account`;
  return isOwn || CORS_ORIGINS.includes(origin)
    ? null
    : `${name} must be on the origin of PUBLIC_URL or on one of CORS_ORIGINS`;
}
