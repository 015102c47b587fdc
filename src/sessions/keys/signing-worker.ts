import { type KeyObject, sign } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';

/*
 * A thread that computes RSA signatures. This file imports no other one of the service, so that a thread can load it
 * compiled and, in tests, as it is.
 */

/** What marks the thread's data, so that the file can be loaded elsewhere, too. */
export const SIGNING_WORKER = 'signatures';

/** The signing input of a token (RFC 7515 section 5.1) and the key to sign it with. */
export interface SigningTask {
  readonly id: number;
  readonly input: string;
  readonly key: KeyObject;
}

/** The signature in base64url; null if it could not be computed. */
export interface SigningResult {
  readonly id: number;
  readonly signature: string | null;
}

if (workerData === SIGNING_WORKER)
  parentPort!.on('message', ({ id, input, key }: SigningTask) => {
    const result: SigningResult = { id, signature: signatureOf(input, key) };
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- A thread has no origin.
    parentPort!.postMessage(result);
  });

function signatureOf(input: string, key: KeyObject): string | null {
  try {
    return sign('RSA-SHA256', Buffer.from(input), key).toString('base64url');
  } catch {
    return null;
  }
}
