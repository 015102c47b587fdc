import { randomUUID } from 'node:crypto';

/** The list ends where the service says that the cursor is too old. */
export class CursorExpired extends Error {}

/** The service was reached, and waiting for another answer would be in vain. */
export class Unusable extends Error {}

/**
 * Asks for what was revoked after a cursor, and gives the complete lines of the answer as they come together, until it ends or
 * `signal` aborts. Throws {@link CursorExpired}, {@link Unusable}, and an `Error` for any other failure.
 */
export async function* revocationLines(
  { url, key }: { readonly url: string; readonly key: string },
  cursor: string | null,
  signal: AbortSignal,
): AsyncGenerator<string[]> {
  // An answer that a cache or an attacker has recorded earlier has another id.
  const requestId = randomUUID();
  const response = await fetch(cursor === null ? url : `${url}?after=${cursor}`, {
    headers: {
      authorization: `Bearer ${key}`,
      accept: 'application/x-ndjson',
      'x-request-id': requestId,
    },
    redirect: 'error',
    signal,
  });
  assertUsable(response, requestId);
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of response.body ?? []) {
    const lines = (rest + decoder.decode(chunk as Uint8Array, { stream: true })).split('\n');
    rest = lines.pop()!;
    yield lines;
  }
}

function assertUsable({ ok, status, headers }: Response, requestId: string): void {
  if (status === 410) throw new CursorExpired('The position in the list of revocations is too old.');
  if (status === 401 || status === 403)
    throw new Unusable(
      `The API key is not valid or lacks the scope revocations:read: the answer has status ${status}.`,
    );
  if (!ok) throw new Error(`The list of revocations was answered with status ${status}.`);
  if (headers.get('x-request-id') !== requestId)
    throw new Unusable(
      'The list of revocations was not answered with the X-Request-Id of the request: a proxy replaced the field, or repeated an earlier answer.',
    );
}
