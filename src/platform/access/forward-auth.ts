/** The kinds of credentials that a rule of the gateway can accept. */
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

/** The description of a request in the fields that the proxy has added; null for a field that is missing or repeated. */
export interface ForwardedRequest {
  readonly method: string | null;
  readonly protocol: 'http' | 'https' | null;
  /** With a port, if it is not the default one of the protocol. */
  readonly host: string | null;
  /** Path and query as the client sent them; starts with a slash. */
  readonly uri: string | null;
}

/**
 * A forward-auth request, by which a proxy finds out whether it may forward a client's request to an application
 * (`forward_auth` of Caddy, `forwardAuth` of Traefik, `auth_request` of nginx). Guards judge the client's request, not the one
 * that describes it.
 */
export interface ForwardAuth {
  /** The name of the rule, from the path of the forward-auth request. */
  readonly rule: string;
  readonly credentials: readonly Credential[];
  readonly limits: readonly RuleLimit[];
  readonly forwarded: ForwardedRequest;
  /** Whether the client's request can change something, according to its description. */
  readonly isUnsafe: boolean;
  /** Origins whose pages may send unsafe requests with a cookie, beside those of the service. */
  readonly origins: ReadonlySet<string>;
}
