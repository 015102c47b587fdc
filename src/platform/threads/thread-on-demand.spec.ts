import { pathToFileURL } from 'node:url';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ThreadOnDemand } from './thread-on-demand.js';

const file = pathToFileURL('test/support/threads/number-worker.ts');
const faults: Error[] = [];
const threads: ThreadOnDemand<string, string>[] = [];

function threadWith(idleMs: number): ThreadOnDemand<string, string> {
  const thread = new ThreadOnDemand<string, string>({
    file,
    workerData: null,
    idleMs,
    onFault: (fault) => faults.push(fault),
  });
  threads.push(thread);
  return thread;
}

const numberOf = (answer: string | null) => answer!.split(' ')[1];

describe('a thread on demand', () => {
  afterEach(async () => {
    faults.length = 0;
    await Promise.all(threads.splice(0).map((thread) => thread.stop()));
  });

  it('answers each question for the one who asked, however many wait', async () => {
    const thread = threadWith(60_000);
    const questions = Array.from({ length: 20 }, (_, index) => `question${index}`);
    const answers = await Promise.all(questions.map((question) => thread.ask(question)));
    expect(answers.map((answer) => answer!.split(' ')[0])).toEqual(questions);
    expect(new Set(answers.map(numberOf)).size).toBe(1);
  });

  it('serves further questions as long as it has not been idle', async () => {
    const thread = threadWith(60_000);
    const first = await thread.ask('first');
    expect(numberOf(await thread.ask('second'))).toBe(numberOf(first));
  });

  it('ends when it has been idle, and another one answers the next question', async () => {
    const thread = threadWith(1);
    const first = await thread.ask('first');
    await vi.waitFor(async () => expect(numberOf(await thread.ask('next'))).not.toBe(numberOf(first)), {
      interval: 50,
    });
    expect(faults).toEqual([]);
  });

  it('owes no answer when it fails, reports the error, and the next question is answered', async () => {
    const thread = threadWith(60_000);
    const answers = await Promise.all([thread.ask('before'), thread.ask('fail'), thread.ask('after')]);
    expect(answers.slice(1)).toEqual([null, null]);
    expect(faults.map(({ message }) => message)).toEqual(['asked to']);
    expect(await thread.ask('next')).toMatch(/^next /);
  });

  it('owes no answer after it was stopped', async () => {
    const thread = threadWith(60_000);
    const answer = thread.ask('late');
    await thread.stop();
    expect(await answer).toBeNull();
  });
});
