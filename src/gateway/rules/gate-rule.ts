import type { Role } from '../../platform/access/principal.js';
import type { Credential, RuleLimit } from '../../platform/access/forward-auth.js';

/** A rule of the gateway: who may pass, and how often. */
export interface GateRule {
  /** Unique; the last part of the path of forward-auth requests. */
  readonly name: string;
  /**
   * `signed-in`: a valid credential is required. `anonymous`: every request passes, and the application receives the identity
   * of the caller only if the credential is valid.
   */
  readonly access: 'anonymous' | 'signed-in';
  /**
   * People with any of these roles may pass, and so may their keys if the rule has scopes. Null: all people; if the rule has
   * scopes, no session and the keys of all people. Empty: neither sessions nor keys of people, but service accounts.
   */
  readonly roles: readonly Role[] | null;
  /** API keys and service accounts with any of these scopes may pass; empty for none. People choose the scopes of their keys. */
  readonly scopes: readonly string[];
  /** The level that the session must have; null for any. */
  readonly acr: 'aal1' | 'aal2' | null;
  /** How long ago the latest proof in the session may be; null for any time. */
  readonly maxAgeSeconds: number | null;
  readonly limits: readonly RuleLimit[];
  /** The audience of assertions; null for none, in which case there are no assertions. */
  readonly audience: string | null;
  readonly credentials: readonly Credential[];
  /** Whether navigations of somebody who is not signed in are redirected to `LOGIN_URL`. */
  readonly redirectsToLogin: boolean;
  /** Whether CORS preflights pass, which never carry a credential. */
  readonly preflight: boolean;
}

/** The name of a rule. */
export const RULE_NAME = /^[a-z][a-z0-9-]{0,62}$/;

/** Every installation has this rule, whose forward-auth requests are never answered, to test what a proxy does then. */
export const SILENT_RULE: GateRule = {
  name: 'gate-check-silent',
  access: 'anonymous',
  roles: null,
  scopes: [],
  acr: null,
  maxAgeSeconds: null,
  limits: [],
  audience: null,
  credentials: [],
  redirectsToLogin: false,
  preflight: false,
};
