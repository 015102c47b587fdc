import type { Environment } from './environment.js';

/** Returns one sentence for each setting of the gateway that cannot be used with the others. */
export function gatewayFaults(environment: Environment): string[] {
  const { GATEWAY_PEERS, GATEWAY_RULES_FILE, GATEWAY_ORIGINS, LOGIN_URL, PUBLIC_URL, isProduction } =
    environment;
  const origins = GATEWAY_ORIGINS.map((origin) => new URL(origin));
  const faults: (string | false)[] = [
    GATEWAY_PEERS.length > 0 &&
      GATEWAY_RULES_FILE === undefined &&
      'GATEWAY_RULES_FILE must be set with GATEWAY_PEERS, or every forward-auth request would name an unknown rule',
    // The cookies have no domain, so browsers send them to this host alone, on any port.
    origins.some(({ hostname }) => hostname !== new URL(PUBLIC_URL).hostname) &&
      'GATEWAY_ORIGINS must have the host of PUBLIC_URL, the only one that browsers send its cookies to',
    isProduction &&
      origins.some(({ protocol }) => protocol === 'http:') &&
      'GATEWAY_ORIGINS must be https in production, because cookies are sent to them',
    isProduction &&
      LOGIN_URL?.startsWith('http://') === true &&
      'LOGIN_URL must be https in production, because passwords are typed there',
  ];
  return faults.filter((fault) => fault !== false);
}
