import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';

/** After this time the keys are read again, so that a withdrawn key is not accepted for longer; milliseconds. */
const MAX_AGE_MS = 600_000;

/** Least time between two attempts, milliseconds. */
const PAUSE_MS = 5000;

const TIMEOUT_MS = 5000;

/** How long a token waits for keys that are read again, milliseconds. */
const WAIT_MS = 500;

/** The key of a token may be one that could not be read; the `cause` is why. */
export class KeysUnknown extends Error {}

/**
 * The keys that a service publishes, for jose. An unknown key is asked for at once, and again after five seconds at the
 * earliest, also where that fails. While the service cannot be reached, the keys that were read last stay valid: a token must
 * be verifiable without it. Rejects with {@link KeysUnknown} for any other key then; only the first attempt is awaited in full.
 */
export function keySetOf(url: URL): JWTVerifyGetKey {
  const keys = new PublishedKeys(url);
  return async (header, token) => {
    // A known key does not depend on the service: only the token that comes first waits, and not for long.
    if (keys.isDue()) await Promise.race([keys.load(), waited()]);
    const found = await keys.find?.(header, token).catch(nullIfUnknown);
    if (found) return found;
    await (keys.isNew ? keys.load() : Promise.race([keys.load(), waited()]));
    if (keys.failure !== null) throw new KeysUnknown('The keys are not known.', { cause: keys.failure });
    return keys.find!(header, token);
  };
}

/** The last copy of the keys. */
class PublishedKeys {
  find: ReturnType<typeof createLocalJWKSet> | null = null;
  /** Why the last attempt failed, or that it has not been answered yet; null if it succeeded. */
  failure: unknown = null;
  /** Whether the first attempt is still to be made or answered. */
  isNew = true;
  private readMs = -Infinity;
  private triedMs = -Infinity;
  private loading = Promise.resolve();

  constructor(private readonly url: URL) {}

  /** Whether there is a copy that should be read again now. */
  isDue(): boolean {
    return this.find !== null && performance.now() - this.readMs >= MAX_AGE_MS && this.mayTry();
  }

  /** Resolves after the present attempt, or another one if the last began long enough ago. Never rejects. */
  load(): Promise<void> {
    if (this.mayTry()) {
      this.triedMs = performance.now();
      this.loading = this.read();
    }
    return this.loading;
  }

  private mayTry(): boolean {
    return performance.now() - this.triedMs >= PAUSE_MS;
  }

  private async read(): Promise<void> {
    this.failure = new Error('The service has not answered yet.');
    try {
      const response = await fetch(this.url, {
        headers: { accept: 'application/jwk-set+json, application/json' },
        redirect: 'error',
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      if (response.status !== 200) {
        await response.body?.cancel();
        throw new Error(`The keys were answered with status ${response.status}.`);
      }
      this.find = createLocalJWKSet((await response.json()) as JSONWebKeySet);
      this.readMs = performance.now();
      this.failure = null;
    } catch (error) {
      this.failure = error;
    } finally {
      this.isNew = false;
    }
  }
}

function nullIfUnknown(error: unknown): null {
  if (error instanceof errors.JWKSNoMatchingKey) return null;
  throw error;
}

const waited = () => new Promise((resolve) => setTimeout(resolve, WAIT_MS));
