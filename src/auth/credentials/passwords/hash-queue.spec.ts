import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { PlatformErrors } from '../../../platform/errors/platform.errors.js';
import { Problem } from '../../../platform/errors/problem.js';
import { HashQueue } from './hash-queue.js';

/** A queue with its own clock, and tasks that the test completes explicitly. */
function harness(width: number, maxWaitMs: number) {
  let nowMs = 0;
  const pauses: number[] = [];
  const pause = (ms: number) => Promise.resolve(pauses.push(ms));
  const queue = new HashQueue(width, maxWaitMs, 250, { nowMs: () => nowMs, pause });
  const started: string[] = [];
  const ends = new Map<string, { resolve: () => void; reject: (error: Error) => void }>();
  return {
    queue,
    started,
    pauses,
    add: (name: string, owner: string | null = null) =>
      queue.run((waitMs) => {
        started.push(name);
        return new Promise<number>((resolve, reject) => {
          ends.set(name, { resolve: () => resolve(waitMs), reject });
        });
      }, owner),
    end: async (name: string, afterMs = 0): Promise<void> => {
      nowMs += afterMs;
      ends.get(name)!.resolve();
      await nextTurn();
    },
    fail: async (name: string): Promise<void> => {
      ends.get(name)!.reject(new Error(name));
      await nextTurn();
    },
  };
}

const refusalOf = (work: Promise<unknown>) =>
  work.then(
    () => null,
    (error: unknown) => (error as Problem).occurrence.retryAfterSeconds,
  );

describe('HashQueue', () => {
  it('runs as many tasks at a time as its width allows, and the others in order of arrival', async () => {
    const { queue, add, end, started } = harness(2, 60_000);
    const all = ['a', 'b', 'c', 'd', 'e'].map((name) => add(name));
    await nextTurn();
    expect(started).toEqual(['a', 'b']);
    expect(queue.length).toBe(3);
    await end('b');
    expect(started).toEqual(['a', 'b', 'c']);
    await end('a');
    await end('c');
    expect(started).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(queue.length).toBe(0);
    await end('d');
    await end('e');
    await Promise.all(all);
  });

  it('passes to each task how long it waited', async () => {
    const { add, end } = harness(1, 60_000);
    const [first, second] = [add('first'), add('second')];
    await end('first', 300);
    await end('second', 100);
    expect(await first).toBe(0);
    expect(await second).toBe(300);
  });

  it('starts the next task after a failure, and rejects with the error of the failed one', async () => {
    const { add, end, fail, started } = harness(1, 60_000);
    const [broken, next] = [add('broken'), add('next')];
    const outcome = broken.catch((error: Error) => error.message);
    await fail('broken');
    expect(await outcome).toBe('broken');
    expect(started).toEqual(['broken', 'next']);
    await end('next');
    await next;
    const later = add('later');
    expect(started).toContain('later');
    await end('later');
    await later;
  });

  it('refuses a task that would end too late with overloaded, and returns the wait in seconds', async () => {
    const { queue, add, end, started } = harness(2, 1250);
    const accepted = Array.from({ length: 10 }, (_, index) => add(`${index}`));
    // At 250 ms each and two at a time, the eighth waits for one second and takes another 250 ms; a ninth would end later.
    expect(queue.length).toBe(8);
    const refused = await add('one too many').catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(Problem);
    expect((refused as Problem).row).toBe(PlatformErrors.overloaded);
    expect((refused as Problem).occurrence.retryAfterSeconds).toBe(2);
    expect([queue.length, queue.refusals]).toEqual([8, 1]);
    for (let index = 0; index < 10; index += 1) await end(`${index}`);
    await Promise.all(accepted);
    expect(started).not.toContain('one too many');
  });

  it('delays a refusal of assertRoom, so that clients cannot retry in a tight loop', async () => {
    const { queue, add, end, pauses } = harness(1, 0);
    const running = add('running');
    // `run` refuses at once, because its caller may hold a count or can do without the hash.
    expect(await refusalOf(add('too many'))).toBe(1);
    expect(pauses).toEqual([]);
    expect(await refusalOf(queue.assertRoom('strangers'))).toBe(1);
    expect(pauses).toEqual([700]);
    await end('running');
    await running;
    await queue.assertRoom('strangers');
    expect(pauses).toHaveLength(1);
  });

  it('accepts no more tasks than it has room for, even if many arrive at once', async () => {
    const { queue, add, end } = harness(1, 750);
    const crowd = Array.from({ length: 50 }, (_, index) => add(`${index}`));
    const outcomes = Promise.allSettled(crowd);
    expect(queue.length).toBe(2);
    for (let index = 0; index < 3; index += 1) await end(`${index}`, 250);
    const refused = (await outcomes).filter(({ status }) => status === 'rejected');
    expect(refused).toHaveLength(47);
  });

  it('measures how long hashes take: it refuses earlier if they are slow, and later if they are fast', async () => {
    const slow = harness(1, 1000);
    for (let round = 0; round < 30; round += 1) {
      const work = slow.add(`${round}`);
      await slow.end(`${round}`, 2000);
      await work;
    }
    const running = slow.add('running');
    expect(await refusalOf(slow.add('waiting'))).toBe(2);
    await slow.end('running');
    await running;

    const fast = harness(1, 1000);
    for (let round = 0; round < 30; round += 1) {
      const work = fast.add(`${round}`);
      await fast.end(`${round}`, 1);
      await work;
    }
    const crowd = Array.from({ length: 50 }, (_, index) => fast.add(`crowd ${index}`));
    expect(fast.queue.length).toBe(49);
    for (let index = 0; index < 50; index += 1) await fast.end(`crowd ${index}`, 1);
    await Promise.all(crowd);
  });

  it('refuses those who wait for tasks that have become so slow that theirs would end too late, the latest first', async () => {
    const { add, end, started } = harness(1, 1500);
    const all = ['first', 'second', 'third', 'fourth', 'fifth', 'sixth'].map((name) => add(name));
    const outcomes = all.map((work) =>
      work.then(
        () => 'done',
        () => 'refused',
      ),
    );
    await end('first', 650);
    // By the mean of 300 ms, the fourth ends 1550 ms after its arrival.
    expect(await Promise.race([outcomes[3], nextTurn('waiting')])).toBe('refused');
    await end('second', 250);
    await end('third', 250);
    expect(await Promise.all(outcomes)).toEqual(['done', 'done', 'done', 'refused', 'refused', 'refused']);
    expect(started).toEqual(['first', 'second', 'third']);
  });

  it('never starts a task that would end too late, although those behind it would not', async () => {
    const { add, end, started } = harness(1, 2000);
    const early = ['first', 'second', 'third'].map((name) => add(name));
    const outcomes = Promise.allSettled(early);
    await end('first', 1000);
    const late = add('late');
    await end('second', 900);
    expect(started).toEqual(['first', 'second', 'late']);
    expect((await outcomes).map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected']);
    await end('late');
    await late;
  });

  it('leaves room for the longest of the recent durations, so that a task that takes long ends in time too', async () => {
    const { queue, add, end } = harness(1, 1100);
    for (let round = 0; round < 40; round += 1) {
      const work = add(`${round}`);
      await end(`${round}`, round % 2 === 0 ? 100 : 300);
      await work;
    }
    const crowd = Promise.allSettled(Array.from({ length: 10 }, (_, index) => add(`crowd ${index}`)));
    // Some 200 ms on average and 300 ms at most: a fourth would end after 1000 ms on average, and after 1100 at most.
    expect(queue.length).toBe(3);
    for (let index = 0; index < 4; index += 1) await end(`crowd ${index}`, 200);
    await crowd;
  });

  it('lets tasks wait again soon after one during which the process was suspended', async () => {
    const { queue, add, end } = harness(1, 5000);
    for (const [name, tookMs] of [
      ['suspended', 60_000],
      ...Array.from({ length: 10 }, (_, n) => [`${n}`, 250]),
    ] as const) {
      const work = add(String(name));
      await end(String(name), Number(tookMs));
      await work;
    }
    const running = add('running');
    const waiting = add('waiting');
    expect(queue.length).toBe(1);
    await end('running', 250);
    await end('waiting', 250);
    await Promise.all([running, waiting]);
  });

  it('never runs more tasks at once than its width, even if some fail', async () => {
    const queue = new HashQueue(3, 60_000, 250);
    let running = 0;
    let most = 0;
    const work = Array.from({ length: 100 }, (_, index) =>
      queue
        .run(async () => {
          running += 1;
          most = Math.max(most, running);
          await nextTurn();
          running -= 1;
          if (index % 3 === 0) throw new Error('a hash that failed');
        })
        .catch(() => undefined),
    );
    await Promise.all(work);
    expect(most).toBe(3);
    expect(queue.length).toBe(0);
  });

  describe('while strangers fill their line', () => {
    /** One at a time, of 250 ms each: one that runs, as many as may wait, and one that is refused. */
    function crowded(places = 4) {
      const all = harness(1, (places + 1) * 250);
      const crowd = Array.from({ length: places + 2 }, (_, index) => all.add(`stranger ${index}`));
      const outcomes = Promise.allSettled(crowd);
      expect(all.queue.length).toBe(places);
      const endAll = async () => {
        for (let index = 0; index < all.started.length; index += 1) await all.end(all.started[index]!, 250);
      };
      return { ...all, outcomes, endAll };
    }

    it('lets owners in, in turns with the strangers', async () => {
      const { queue, add, endAll, started, outcomes } = crowded();
      await queue.assertRoom('owners');
      const owners = [add('Ada', 'ada'), add('Grace', 'grace')];
      await endAll();
      expect(started).toEqual(['stranger 0', 'Ada', 'stranger 1', 'Grace', 'stranger 2']);
      await Promise.all(owners);
      await outcomes;
    });

    it('refuses the latest strangers when owners make them wait too long, so that nobody waits longer', async () => {
      const { queue, add, endAll, outcomes } = crowded();
      const owner = add('Ada', 'ada');
      expect(queue.length).toBe(4);
      await endAll();
      expect(await owner).toBeLessThanOrEqual(1000);
      const refused = (await outcomes).filter(({ status }) => status === 'rejected');
      expect(refused).toHaveLength(2);
    });

    it('has room for so many owners that none waits too long either, and refuses the others', async () => {
      const { queue, add, endAll } = crowded();
      const owners = Array.from({ length: 5 }, (_, index) => add(`owner ${index}`, `owner ${index}`));
      const outcomes = Promise.allSettled(owners);
      expect(await refusalOf(queue.assertRoom('owners'))).toBe(2);
      await endAll();
      const waits = (await outcomes).flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
      expect(waits.length).toBeGreaterThanOrEqual(2);
      expect(Math.max(...waits)).toBeLessThanOrEqual(1000);
    });

    it('lets an owner in whose hash would be ready in time at the next turn, although many strangers wait', async () => {
      const { queue, add, end, started } = harness(1, 700);
      const outcomes = Promise.allSettled(['running', 'waiting', 'one too many'].map((name) => add(name)));
      await queue.assertRoom('owners');
      const owner = add('Ada', 'ada');
      await end('running', 250);
      expect(started).toEqual(['running', 'Ada']);
      await end('Ada', 250);
      await owner;
      expect((await outcomes).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected']);
    });

    it('gives no turn of the owners to the further tasks of one of them, which wait among the strangers', async () => {
      const { add, end, started } = harness(1, 60_000);
      const all = [0, 1, 2, 3, 4, 5].map((n) => add(`Mallory ${n}`, 'mallory'));
      all.push(add('Ada', 'ada'), add('Grace', 'grace'));
      for (let index = 0; index < all.length; index += 1) await end(started[index]!);
      await Promise.all(all);
      const order = 'Mallory 0, Mallory 3, Mallory 1, Mallory 4, Mallory 2, Mallory 5, Ada, Grace';
      expect(started.join(', ')).toBe(order);
    });

    it('lets one owner have two places among the owners and no more', async () => {
      const { add, endAll, started } = crowded(8);
      const outcomes = Promise.allSettled([1, 2, 3].map((n) => add(`Mallory ${n}`, 'mallory')));
      const ada = add('Ada', 'ada');
      await endAll();
      expect(started).toContain('Ada');
      expect(started).not.toContain('Mallory 3');
      await ada;
      await outcomes;
    });
  });
});
