import { parentPort, threadId } from 'node:worker_threads';
import type { Answer, Question } from '../../../src/platform/threads/answering-thread.js';

/** A thread that answers each question with its own number, and dies of the question "fail". */
parentPort!.on('message', ({ id, subject }: Question<string>) => {
  if (subject === 'fail') throw new Error('asked to');
  const answer: Answer<string> = { id, result: `${subject} ${threadId}` };
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- A thread has no origin.
  parentPort!.postMessage(answer);
});
