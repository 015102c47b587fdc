import { compactVerify, type JWTVerifyGetKey } from 'jose';
import { type Claims, readClaims, type Role } from './claims.js';
import { Introspection } from './introspection.js';
import { isKeyOfPerson, isWellFormedKey } from './key-form.js';
import { keySetOf, KeysUnknown } from './key-set.js';
import { RevocationFeed } from './revocation-feed.js';
import { RevocationList } from './revocation-list.js';
import { readForm } from './token-form.js';
import { invalid, VerificationError } from './verification-error.js';
import { settingsOf, type VerifierOptions } from './verifier-options.js';

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
  /** The URL of the service as browsers see it: the issuer, or the option `url` where that is no URL. */
  readonly site: string;
  readonly now: () => Date;
  readonly onError?: VerifierOptions['onError'];
  /**
   * Resolves with the caller; rejects with a `VerificationError` for anything that is not certainly good. Its `cause` is why,
   * such as the check that failed, and is not meant for the sender.
   */
  verify(token: string): Promise<Verified>;
  /** Stops following the revocations, which keeps the process alive. To be called when the server stops, and after each test. */
  close(): void;
}

/**
 * Creates a verifier. One for each process is enough. Throws a `RangeError` for a staleness below one second, and a `TypeError`
 * for any other option that is missing or cannot be used.
 */
export function createVerifier(options: VerifierOptions): Verifier {
  return new OfflineVerifier(options);
}

class OfflineVerifier implements Verifier {
  readonly issuer: string;
  readonly site: string;
  readonly now: () => Date;
  readonly onError: VerifierOptions['onError'];
  private readonly keys: JWTVerifyGetKey;
  private readonly list: RevocationList;
  private readonly feed: RevocationFeed | null;
  /** Null where tokens are refused while revocations are not known. */
  private readonly introspection: Introspection | null;

  constructor(private readonly options: VerifierOptions) {
    const { url, site, maxStalenessMs } = settingsOf(options);
    const { issuer, now = () => new Date(), revocations } = options;
    this.issuer = issuer;
    this.site = site;
    this.now = now;
    this.onError = options.onError;
    this.keys = keySetOf(new URL(`${url}/.well-known/jwks.json`));
    this.list = new RevocationList(() => now().getTime());
    this.feed = revocations
      ? new RevocationFeed({
          url: `${url}/revocations`,
          key: revocations.key,
          maxStalenessMs,
          list: this.list,
        })
      : null;
    this.introspection =
      revocations?.whenStale === 'ask' ? new Introspection(`${url}/oauth/introspect`, revocations.key) : null;
  }

  async verify(token: string): Promise<Verified> {
    if (typeof token !== 'string') throw invalid('The token is no text.');
    if (isWellFormedKey(token)) {
      if (!this.introspection)
        throw invalid("API keys are accepted only where revocations.whenStale is 'ask'.");
      return askedOf(this.introspection, token, null);
    }
    const claims = await this.genuine(token);
    if (!this.feed) return verifiedOf(claims);
    await this.feed.begun();
    this.assertNotRevoked(claims);
    if (this.feed.isFresh()) return verifiedOf(claims);
    if (this.introspection) return askedOf(this.introspection, token, claims);
    if (await this.feed.becomesFresh()) {
      this.assertNotRevoked(claims);
      return verifiedOf(claims);
    }
    throw new VerificationError('verification_unavailable', 'Revocations are not known at the moment.', {
      cause: this.feed.failure,
    });
  }

  close(): void {
    this.feed?.close();
  }

  private assertNotRevoked(claims: Claims): void {
    const verdict = this.list.verdict(claims);
    if (verdict) throw new VerificationError(verdict, 'The session or key of the token is over.');
  }

  private async genuine(token: string): Promise<Claims> {
    const kind = readForm(token);
    const payload = await this.payloadOf(token);
    const { issuer, audience } = this.options;
    const nowSeconds = this.now().getTime() / 1000;
    return readClaims(kind, payload, { issuer, audience, nowSeconds });
  }

  private async payloadOf(token: string): Promise<Record<string, unknown>> {
    try {
      const { payload } = await compactVerify(token, this.keys, { algorithms: ['RS256', 'ES256'] });
      const value: unknown = JSON.parse(
        new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(payload),
      );
      if (typeof value !== 'object' || value === null || Array.isArray(value))
        throw invalid('The payload of the token is no object.');
      return value as Record<string, unknown>;
    } catch (error) {
      if (error instanceof KeysUnknown)
        throw new VerificationError('verification_unavailable', error.message, { cause: error.cause });
      throw error instanceof VerificationError ? error : invalid(error as Error);
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
  if (answer === null) throw invalid('The service does not accept the token.');
  if (claims) return verifiedOf(claims);
  // A service that does not say which roles the owner of a key has must not make it pass for one of a service account.
  return verifiedOf(isKeyOfPerson(token) ? { ...answer, owner_roles: answer.owner_roles ?? [] } : answer);
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
