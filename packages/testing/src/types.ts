/** Settings of {@link start}. */
export interface StartOptions {
  /** `on` by default: rate limits, and waits after failed logins, as in production. `off`: none. */
  readonly limits?: 'on' | 'off' | undefined;
  /**
   * A free one by default. Where a page knows the URL of the service before it starts, as from its development server, the port
   * must be chosen; one that is taken is refused.
   */
  readonly port?: number | undefined;
  /**
   * Variables of the service, such as `REQUIRE_VERIFIED_EMAIL`. It gets these and where to put files, and nothing else of the
   * environment of this process. It does not start with one that it would ignore.
   */
  readonly env?: Readonly<Record<string, string>> | undefined;
}

/** The users to make. What is not given has a default that can sign in. */
export interface WantedUsers {
  /** A new address at `example.test` by default. */
  readonly email?: string | undefined;
  /** A random one by default. */
  readonly password?: string | undefined;
  /** Whether the address is verified; true by default. */
  readonly verified?: boolean | undefined;
  readonly roles?: readonly Role[] | undefined;
  /** Whether they have an authenticator app, with recovery codes. */
  readonly totp?: boolean | undefined;
  /** Whether they have an API key with every scope that their roles may use. */
  readonly apiKey?: boolean | undefined;
  /** How many, up to 1,000; not together with `email`. */
  readonly count?: number | undefined;
}

/** The roles of the service. */
export type Role = 'user' | 'auditor' | 'admin';

/** An account. */
export interface User {
  readonly id: string;
  readonly email: string;
  readonly displayName: string | null;
  readonly roles: readonly Role[];
  readonly locale: string;
  readonly emailVerified: boolean;
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** A user, and all that is needed to sign in as them. */
export interface TestUser {
  readonly user: User;
  readonly password: string;
  /** In base 32; null without an authenticator app. */
  readonly totpSecret: string | null;
  readonly recoveryCodes: readonly string[] | null;
  readonly apiKey: string | null;
}

/** What kind of session to make. */
export interface WantedSession {
  /** The highest that the account can reach by default. */
  readonly acr?: 'aal1' | 'aal2' | undefined;
  /** How long ago the user has signed in: `20m`. */
  readonly age?: string | undefined;
  /** The origin of the page, for `storageState`: `http://localhost:5173`. */
  readonly origin?: string | undefined;
  /** The `baseUrl` that the page gives to `createClient`, for `storageState`; the `url` of the service by default. */
  readonly baseUrl?: string | undefined;
}

/** A cookie for Playwright's `context.addCookies`. */
export interface Cookie {
  name: string;
  value: string;
  domain: string;
  path: string;
  expires: number;
  httpOnly: boolean;
  secure: boolean;
  sameSite: 'Strict' | 'Lax';
}

/** What Playwright's `browser.newContext` and its option `storageState` take. */
export interface StorageState {
  cookies: Cookie[];
  origins: { origin: string; localStorage: { name: string; value: string }[] }[];
}

/** A session of a user, as tokens and as cookies. */
export interface TestSession {
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly deviceToken: string;
  readonly tokenType: 'Bearer';
  readonly expiresIn: number;
  readonly refreshExpiresIn: number;
  readonly user: User;
  readonly session: { readonly id: string; readonly createdAt: string; readonly expiresAt: string };
  readonly cookies: Cookie[];
  /**
   * The cookies and, for the page at the wanted `origin`, what `@portcullis/client` keeps in the cookie transport: without
   * that, its `isSignedIn` says no.
   */
  readonly storageState: StorageState;
}

/** Where to move the clock: forward by a duration (`1d12h`), or to a time (RFC 3339). Neither: back to the real time. */
export interface ClockChange {
  readonly advance?: string | undefined;
  readonly now?: string | undefined;
}

/** Which mails to read. */
export interface WantedMail<Seconds extends number = number> {
  readonly to?: string | undefined;
  /** Only mails caught after the one with this id. */
  readonly after?: string | undefined;
  /** How long to wait if there is none, up to 30 seconds; 5 by default. 0 only looks. */
  readonly waitSeconds?: Seconds | undefined;
}

/** At least one mail, unless there may have been no wait for it. */
export type Mails<Seconds extends number> = 0 extends Seconds ? Mail[] : [Mail, ...Mail[]];

/** A mail that the service would have sent. */
export interface Mail {
  readonly id: string;
  readonly kind: string;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  readonly link: string | null;
  readonly code: string | null;
  /** The token in the link. */
  readonly token: string | null;
  readonly createdAt: string;
}
