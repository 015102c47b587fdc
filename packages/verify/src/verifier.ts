import { compactVerify, type JWTVerifyGetKey } from 'jose';
import { type Claims, readClaims, type Role } from './claims.js';
import { Introspection } from './introspection.js';
import { isWellFormedKey } from './key-form.js';
import { keySetOf, KeysUnknown } from './key-set.js';
import { RevocationFeed } from './revocation-feed.js';
import { RevocationList } from './revocation-list.js';
import { readForm } from './token-form.js';
import { invalid, VerificationError } from './verification-error.js';

/** Settings of {@link createVerifier}. */
export interface VerifierOptions {
  /** `JWT_ISSUER` of the service, which is its public URL unless set otherwise. */
  readonly issuer: string;
  /** `JWT_AUDIENCE` of the service, `portcullis` by default; for assertions, the audience of the gateway's rule. */
  readonly audience: string;
  /** Where the service is reached, if not at the issuer. */
  readonly url?: string | undefined;
  /** Without it, an ended session is accepted until its token expires. */
  readonly revocations?: RevocationOptions | undefined;
  /**
   * Called for every request that an adapter refuses, with the id that the answer has: the answer does not contain the `cause` of
   * the error, such as a failed connection. If it throws, the framework handles that as any other error.
   */
  readonly onError?: ((error: VerificationError, requestId: string) => void) | undefined;
  /** The present; for tests that move the clock of the service. */
  readonly now?: (() => Date) | undefined;
}

/** How revocations are known. */
export interface RevocationOptions {
  /** An API key with the scope `revocations:read`; for `ask`, with `tokens:introspect`, too. */
  readonly key: string;
  /** 1 by default, and at least. */
  readonly maxStalenessSeconds?: number | undefined;
  /**
   * What happens to tokens while revocations are not known: `refuse` (default), or `ask` the service about each. API keys
   * (`ptc_...`) are accepted only with `ask`, which always asks about them.
   */
  readonly whenStale?: 'refuse' | 'ask' | undefined;
}

/** Who sent an accepted token. */
export interface Verified {
  /** The id of the person or of the service account. */
  readonly subject: string;
  /** Null for tokens that a key got. */
  readonly sessionId: string | null;
  readonly roles: readonly Role[];
  readonly scopes: readonly string[];
  /** Null for keys. */
  readonly acr: string | null;
  readonly claims: Claims;
}

/** Verifies access tokens and assertions of one service. */
export interface Verifier {
  readonly issuer: string;
  readonly now: () => Date;
  readonly onError?: VerifierOptions['onError'];
  /** Resolves with the caller; rejects with a `VerificationError` for anything that is not certainly good. */
  verify(token: string): Promise<Verified>;
  /** Stops following the revocations. */
  close(): void;
}

/**
 * Creates a verifier. One for each process is enough. Throws a `RangeError` for a staleness below one second, and a `TypeError` for
 * an empty key.
 */
export function createVerifier(options: VerifierOptions): Verifier {
  return new OfflineVerifier(options);
}

class OfflineVerifier implements Verifier {
  readonly issuer: string;
  readonly now: () => Date;
  readonly onError: VerifierOptions['onError'];
  private readonly url: string;
  private readonly keys: JWTVerifyGetKey;
  private readonly list: RevocationList;
  private readonly feed: RevocationFeed | null;
  /** Null where tokens are refused while revocations are not known. */
  private readonly introspection: Introspection | null;

  constructor(private readonly options: VerifierOptions) {
    const { issuer, url = issuer, now = () => new Date(), revocations } = options;
    const staleness = revocations?.maxStalenessSeconds ?? 1;
    if (!(staleness >= 1)) throw new RangeError('maxStalenessSeconds must be at least 1.');
    if (revocations && !revocations.key)
      throw new TypeError('revocations.key is empty: an API key is needed.');
    this.issuer = issuer;
    this.now = now;
    this.onError = options.onError;
    this.url = url.replace(/\/+$/, '');
    this.keys = keySetOf(new URL(`${this.url}/.well-known/jwks.json`));
    this.list = new RevocationList(() => now().getTime());
    this.feed = revocations
      ? new RevocationFeed({
          url: `${this.url}/revocations`,
          key: revocations.key,
          maxStalenessMs: staleness * 1000,
          list: this.list,
        })
      : null;
    this.introspection =
      revocations?.whenStale === 'ask'
        ? new Introspection(`${this.url}/oauth/introspect`, revocations.key)
        : null;
  }

  async verify(token: string): Promise<Verified> {
    if (this.introspection && isWellFormedKey(token)) return askedOf(this.introspection, token, null);
    const claims = await this.genuine(token);
    if (!this.feed) return verifiedOf(claims);
    await this.feed.begun();
    const verdict = this.list.verdict(claims);
    if (verdict) throw new VerificationError(verdict, 'The session or key of the token is over.');
    if (this.feed.isFresh()) return verifiedOf(claims);
    if (this.introspection) return askedOf(this.introspection, token, claims);
    throw new VerificationError('verification_unavailable', 'Revocations are not known at the moment.', {
      cause: this.feed.failure,
    });
  }

  close(): void {
    this.feed?.close();
  }

  private async genuine(token: string): Promise<Claims> {
    const kind = readForm(token);
    if (!kind) throw invalid();
    const payload = await this.payloadOf(token);
    const { issuer, audience } = this.options;
    const nowSeconds = this.now().getTime() / 1000;
    const claims = readClaims(kind, payload, { issuer, audience, nowSeconds });
    if (!claims) throw invalid();
    return claims;
  }

  private async payloadOf(token: string): Promise<Record<string, unknown>> {
    try {
      const { payload } = await compactVerify(token, this.keys, { algorithms: ['RS256', 'ES256'] });
      const value: unknown = JSON.parse(
        new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(payload),
      );
      if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid();
      return value as Record<string, unknown>;
    } catch (error) {
      if (error instanceof KeysUnknown)
        throw new VerificationError('verification_unavailable', error.message, { cause: error.cause });
      throw invalid();
    }
  }
}

async function askedOf(
  introspection: Introspection,
  token: string,
  claims: Claims | null,
): Promise<Verified> {
  const answer = await introspection.ask(token);
  // The answer does not say why: the session may live on, at a lower level or with the next signing key.
  if (answer === null) throw invalid();
  return verifiedOf(claims ?? answer);
}

function verifiedOf(claims: Claims): Verified {
  const { sub, sid, roles, scope, acr } = claims;
  return {
    subject: sub,
    sessionId: sid || null,
    roles: roles ?? [],
    scopes: scope ? scope.split(' ') : [],
    acr: acr || null,
    claims,
  };
}
