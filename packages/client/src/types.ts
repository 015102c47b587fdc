import type { Operations } from './generated/operations.gen.js';
import type { BodySignedIn, CookieSignedIn, FactorChallenge, Login } from './generated/types.gen.js';

/** Where the tokens are: in cookies that no script reads, or in the bodies of requests and answers. */
export type Transport = 'cookie' | 'body';

type Route = keyof Operations;

type MethodOf<R> = R extends `${infer M} ${string}` ? M : never;

type PathsOf<M extends string, R> = R extends `${M} ${infer P}` ? P : never;

/** The methods of the service's routes. */
export type Method = MethodOf<Route>;

/** The paths that have a route with this method, as the OpenAPI document spells them: `/users/me/sessions/{id}`. */
export type Path<M extends Method> = PathsOf<M, Route>;

type OperationOf<M extends Method, P extends string> = Operations[`${M} ${P}` & Route];

/** What a request of this route takes: `params` of the path, `query`, `body`; and what all requests take. */
export type RequestOptions<M extends Method, P extends Path<M>> = OperationOf<M, P>['options'] & {
  headers?: Readonly<Record<string, string>> | undefined;
  signal?: AbortSignal | undefined;
};

/**
 * What a route answers: the parsed body, undefined where there is none, or an async iterable of a stream's items. Of several
 * media types, it is the one that is answered without an `accept` among the headers.
 */
export type Answer<M extends Method, P extends Path<M>> = OperationOf<M, P>['answer'];

/** The answer of a login, a refresh and a step-up. */
export type SignedIn<T extends Transport = Transport> = T extends 'body' ? BodySignedIn : CookieSignedIn;

/** An address and a password. A new client is a new device unless it passes the `deviceToken` of an earlier login. */
export type Credentials = Omit<Login, 'tokenTransport'>;

/** Why nobody is signed in any more; `replaced`: another account has signed in, in another tab of this browser. */
export type SignedOutReason =
  'logout' | 'replaced' | 'session_ended' | 'refresh_token_reused' | 'unauthenticated' | 'invalid_token';

/** What a route asks for that wants a more recent or a stronger proof (RFC 9470). */
export interface StepUpChallenge {
  readonly acrValues: readonly string[];
  /** Null where the service does not say. */
  readonly maxAgeSeconds: number | null;
  /** What to ask for: `password`, or one of the account's factors. */
  readonly methods: readonly string[];
}

/** Where the body transport keeps its tokens: `localStorage`, `sessionStorage`, or functions like theirs. */
export interface TokenStorage {
  getItem(key: string): string | null | Promise<string | null>;
  setItem(key: string, value: string): unknown;
  removeItem(key: string): unknown;
}

/** Settings of {@link createClient}. */
export interface ClientOptions<T extends Transport> {
  /** The public URL of the service; empty where the page is served by the same host. */
  readonly baseUrl: string;
  readonly transport: T;
  /** Body transport only; by default, the tokens are gone with the page or the process. */
  readonly storage?: TokenStorage | undefined;
  /**
   * Called once for each session that is over, in every tab, and before the next request of that tab. Who never signed in is
   * never signed out.
   */
  readonly onSignedOut?: ((reason: SignedOutReason) => void) | undefined;
  /**
   * Called where a route asks for a recent proof. Prove it with `stepUp`; true repeats the request. It is called again if the
   * session needs a proof by another method, too.
   */
  readonly onStepUp?: ((challenge: StepUpChallenge) => boolean | Promise<boolean>) | undefined;
  /** Called where a login needs a second factor. Answer what `loginFactor` or `passkeys.signIn` answers. */
  readonly onFactor?: ((challenge: FactorChallenge) => Promise<SignedIn<T>>) | undefined;
  /** Sends the requests; by default the platform's. */
  readonly fetch?: typeof globalThis.fetch | undefined;
}
