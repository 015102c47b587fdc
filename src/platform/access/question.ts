/** The kinds of credentials that a rule of the gateway can look at. */
export const CREDENTIALS = ['cookie', 'bearer'] as const;

/** One of {@link CREDENTIALS}. */
export type Credential = (typeof CREDENTIALS)[number];

/** A limit of a rule of the gateway: how many requests of one caller or address pass in any window. */
export interface QuestionLimit {
  /** Unique within its rule. */
  readonly name: string;
  readonly limit: number;
  readonly windowSeconds: number;
  /** A person over all sessions and keys, or a service account; without a caller, the address. */
  readonly by: 'caller' | 'address';
  readonly exact: boolean;
}

/** What a proxy tells about the request that it asks about; null for what it does not tell, or tells twice. */
export interface ToldRequest {
  readonly method: string | null;
  readonly protocol: 'http' | 'https' | null;
  /** With a port, if it is not the default one of the protocol. */
  readonly host: string | null;
  /** Path and query as the client sent them; starts with a slash. */
  readonly uri: string | null;
}

/**
 * The question of a proxy whether a request to another application may pass. Guards judge the request that it is about
 * instead of the one that carries the question.
 */
export interface Question {
  /** The name of the rule that the proxy asks for. */
  readonly rule: string;
  readonly credentials: readonly Credential[];
  readonly limits: readonly QuestionLimit[];
  readonly told: ToldRequest;
  /** Whether the request can change something, as far as the proxy tells. */
  readonly isUnsafe: boolean;
  /** Origins whose pages may send unsafe requests with a cookie, beside those of the service. */
  readonly origins: ReadonlySet<string>;
}
