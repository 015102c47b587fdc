import { createRemoteJWKSet, type JWTVerifyGetKey } from 'jose';

/** After this time the keys are read again, so that a withdrawn key is not accepted for longer; milliseconds. */
const MAX_AGE_MS = 600_000;

/** Least time between two attempts, milliseconds. */
const PAUSE_MS = 5000;

const TIMEOUT_MS = 5000;

/** How long a token waits for keys that are read again, milliseconds. */
const WAIT_MS = 500;

/**
 * The keys that a service publishes, for jose. An unknown key is asked for at once, and again after five seconds at the
 * earliest. While the service cannot be reached, the keys that were read last stay valid: a token must be verifiable
 * without it.
 */
export function keySetOf(url: URL): JWTVerifyGetKey {
  // jose would refuse every token once its copy is too old to use, so it never is.
  const remote = createRemoteJWKSet(url, {
    cooldownDuration: PAUSE_MS,
    cacheMaxAge: Infinity,
    timeoutDuration: TIMEOUT_MS,
  });
  let readMs = -Infinity;
  let triedMs = -Infinity;
  const refresh = async () => {
    triedMs = performance.now();
    await remote.reload();
    readMs = performance.now();
  };
  return async (header, token) => {
    if (remote.jwks() === undefined) await refresh();
    else if (performance.now() - Math.max(readMs + MAX_AGE_MS - PAUSE_MS, triedMs) >= PAUSE_MS)
      await Promise.race([refresh(), waited()]).catch(() => undefined);
    return remote(header, token);
  };
}

const waited = () => new Promise((resolve) => setTimeout(resolve, WAIT_MS));
