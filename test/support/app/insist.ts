import type { LightMyRequestResponse } from 'fastify';
import { eventually } from '../time/eventually.js';

/**
 * Repeats a request for as long as the response is 503, which a busy machine gives if a request waits too long for a
 * connection. Throws if such a response has no Retry-After.
 */
export async function insist(send: () => Promise<LightMyRequestResponse>): Promise<LightMyRequestResponse> {
  const admitted = await eventually(async () => {
    const answer = await send();
    if (answer.statusCode !== 503) return answer;
    if (!Number(answer.headers['retry-after'])) return null;
    throw new Error(`still 503: ${answer.body}`);
  });
  if (admitted === null) throw new Error('503 without Retry-After');
  return admitted;
}
