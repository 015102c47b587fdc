import type { LightMyRequestResponse } from 'fastify';
import { eventually } from '../time/eventually.js';

/**
 * Repeats a request for as long as the response is 503, which a busy machine gives if a request waits too long for a
 * connection. Throws if such a response has no Retry-After.
 */
export async function insist(send: () => Promise<LightMyRequestResponse>): Promise<LightMyRequestResponse> {
  let last = await send();
  await eventually(
    async () => {
      if (last.statusCode !== 503) return;
      if (!Number(last.headers['retry-after'])) throw new Error(`503 without Retry-After: ${last.body}`);
      last = await send();
      if (last.statusCode === 503) throw new Error(`still 503: ${last.body}`);
    },
    { timeoutMs: 30_000 },
  );
  return last;
}
