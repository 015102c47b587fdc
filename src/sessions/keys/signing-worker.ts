import { type KeyObject, sign } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';
import type { Answer, Question } from '../../platform/threads/answering-thread.js';

/*
 * A thread that computes RSA signatures. This file imports no other one of the service, so that a thread can load it
 * compiled and, in tests, as it is.
 */

/** What marks the thread's data, so that the file can be loaded elsewhere, too. */
export const SIGNING_WORKER = 'signatures';

/** The signing input of a token (RFC 7515 section 5.1) and the key to sign it with. */
export interface SigningTask {
  readonly input: string;
  readonly key: KeyObject;
}

if (workerData === SIGNING_WORKER)
  parentPort!.on('message', ({ id, subject }: Question<SigningTask>) => {
    const answer: Answer<string | null> = { id, result: signatureOf(subject) };
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- A thread has no origin.
    parentPort!.postMessage(answer);
  });

/** Returns the signature in base64url; null if it cannot be computed. */
function signatureOf({ input, key }: SigningTask): string | null {
  try {
    return sign('RSA-SHA256', Buffer.from(input), key).toString('base64url');
  } catch {
    return null;
  }
}
