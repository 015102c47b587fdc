/** The kinds of credentials that a rule of the gateway can look at. */
export const CREDENTIALS = ['cookie', 'bearer'] as const;

/** One of {@link CREDENTIALS}. */
export type Credential = (typeof CREDENTIALS)[number];

/** A limit of a rule of the gateway: how many requests of one caller or address pass in any window. */
export interface RuleLimit {
  /** Unique within its rule. */
  readonly name: string;
  readonly limit: number;
  readonly windowSeconds: number;
  /** A person over all sessions and keys, or a service account; without a caller, the address. */
  readonly by: 'caller' | 'address';
  readonly exact: boolean;
}

/** What a proxy says about the request that it wants to forward; null for what it does not say, or says twice. */
export interface ForwardedRequest {
  readonly method: string | null;
  readonly protocol: 'http' | 'https' | null;
  /** With a port, if it is not the default one of the protocol. */
  readonly host: string | null;
  /** Path and query as the client sent them; starts with a slash. */
  readonly uri: string | null;
}

/**
 * What a proxy asks in a forward-auth request (`forward_auth` of Caddy, `forwardAuth` of Traefik, `auth_request` of
 * nginx): whether it may forward a request to an application. Guards judge the forwarded request, not the one that
 * carries it.
 */
export interface ForwardAuth {
  /** The name of the rule that the proxy asks for. */
  readonly rule: string;
  readonly credentials: readonly Credential[];
  readonly limits: readonly RuleLimit[];
  readonly forwarded: ForwardedRequest;
  /** Whether the forwarded request can change something, according to the proxy. */
  readonly isUnsafe: boolean;
  /** Origins whose pages may send unsafe requests with a cookie, beside those of the service. */
  readonly origins: ReadonlySet<string>;
}
