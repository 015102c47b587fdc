import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import {
  type Decision,
  grainOfPolicy,
  type Window,
  type WindowStore,
} from '../../../src/rate-limit/windows/window.js';
import {
  openClusterWindows,
  openLeasedWindows,
  openMemoryWindows,
  openRedisWindows,
  type OpenWindowStore,
} from '../../support/window-store/window-stores.js';

const WINDOW_MS = 60_000;

const window = (
  limit: number,
  { exact = true, windowMs = WINDOW_MS, key = `rl:{${randomUUID()}}` } = {},
): Window => ({
  key,
  limit,
  windowMs,
  grain: grainOfPolicy({ limit, exact }),
});

const allowed = (decisions: readonly Decision[]) => decisions.every((decision) => decision.allowed);

async function admitted(store: WindowStore, windows: readonly Window[], requests: number): Promise<number> {
  const answers = await Promise.all(Array.from({ length: requests }, () => store.consume(windows)));
  return answers.filter(allowed).length;
}

const stores = [
  { name: 'memory', open: openMemoryWindows, isMissing: false },
  { name: 'Redis', open: openRedisWindows, isMissing: inject('redis').kind === 'none' },
  { name: 'Redis, with leases', open: openLeasedWindows, isMissing: inject('redis').kind === 'none' },
  { name: 'Redis Cluster', open: openClusterWindows, isMissing: inject('redis').kind !== 'own' },
];

for (const { name, open, isMissing } of stores) {
  describe.skipIf(isMissing)(`windows in ${name}`, () => {
    let opened: OpenWindowStore;
    let store: WindowStore;

    beforeAll(async () => {
      opened = await open();
      ({ store } = opened);
    });
    afterAll(() => opened.close());

    it.each([1, 5, 30])('admit exactly %i of many at once when exact', async (limit) => {
      expect(await admitted(store, [window(limit)], 200)).toBe(limit);
    });

    it.each([50, 100, 149])(
      'admit at least %i and at most 2 %% more of many at once when bounded',
      async (limit) => {
        const count = await admitted(store, [window(limit, { exact: false })], 400);
        expect(count).toBeGreaterThanOrEqual(limit);
        expect(count).toBeLessThanOrEqual(limit * 1.02);
      },
    );

    it('apply the limits of its own windows to each of many concurrent requests', async () => {
      const limits = [2, 7, 100, 7, 3];
      const requests = limits.map((limit, index) => [
        window(limit, { exact: index % 2 === 0, windowMs: WINDOW_MS + index }),
        window(1000 + index, { windowMs: 30_000 }),
      ]);
      const answers = await Promise.all(requests.map((windows) => store.consume(windows)));
      expect(answers.map((decisions) => decisions.map(({ remaining }) => remaining))).toEqual(
        limits.map((limit, index) => [limit - 1, 999 + index]),
      );
      for (const [index, [first, second]] of answers.entries()) {
        expect(first!.waitMs).toBe(WINDOW_MS + index);
        expect(second!.waitMs).toBe(30_000);
      }
    });

    it('apply 300 different limits to as many concurrent requests', async () => {
      const limits = Array.from({ length: 300 }, (_, index) => index + 1);
      const answers = await Promise.all(limits.map((limit) => store.consume([window(limit), window(1000)])));
      expect(answers.map((decisions) => decisions.map(({ remaining }) => remaining))).toEqual(
        limits.map((limit) => [limit - 1, 999]),
      );
    });

    it('return the remaining requests, and when there are more', async () => {
      const one = window(3);
      const decisions = [
        await store.consume([one]),
        await store.consume([one]),
        await store.consume([one]),
      ].flat();
      expect(decisions.map(({ remaining }) => remaining)).toEqual([2, 1, 0]);
      for (const { waitMs } of decisions) {
        expect(waitMs).toBeGreaterThan(50_000);
        expect(waitMs).toBeLessThanOrEqual(60_000);
      }
      const [refusal] = await store.consume([one]);
      expect(refusal).toMatchObject({ allowed: false, remaining: 0 });
    });

    it('refuse until the oldest admission leaves the window, and not longer', async () => {
      const one = window(2);
      await store.consume([one]);
      await opened.pass(WINDOW_MS / 2);
      await store.consume([one]);
      const [refusal] = await store.consume([one]);
      expect(refusal!.allowed).toBe(false);
      expect(refusal!.waitMs).toBeLessThanOrEqual(WINDOW_MS / 2);
      await opened.pass(refusal!.waitMs + 1);
      expect(allowed(await store.consume([one]))).toBe(true);
      expect(allowed(await store.consume([one]))).toBe(false);
    });

    it('do not count what they refuse: refusals extend no wait', async () => {
      const one = window(1);
      await store.consume([one]);
      const [refusal] = await store.consume([one]);
      await opened.pass(refusal!.waitMs / 2);
      expect(await admitted(store, [one], 20)).toBe(0);
      await opened.pass(refusal!.waitMs / 2 + 1);
      expect(allowed(await store.consume([one]))).toBe(true);
    });

    it('count a request in all of its windows', async () => {
      const [wide, narrow] = [window(10), window(3)];
      const decisions = await store.consume([wide, narrow]);
      expect(decisions.map(({ remaining }) => remaining)).toEqual([9, 2]);
    });

    it('count a request nowhere when any of its windows refuses it', async () => {
      const [wide, narrow] = [window(10), window(2)];
      expect(await admitted(store, [wide, narrow], 2)).toBe(2);
      for (let attempt = 0; attempt < 5; attempt++) {
        const decisions = await store.consume([wide, narrow]);
        expect(decisions).toMatchObject([
          { allowed: true, remaining: 8 },
          { allowed: false, remaining: 0 },
        ]);
      }
      expect(await admitted(store, [wide], 20)).toBe(8);
    });

    it('take back one admission of a bounded window, too', async () => {
      const [wide, narrow] = [window(100, { exact: false }), window(3)];
      expect(await admitted(store, [wide, narrow], 3)).toBe(3);
      expect(allowed(await store.consume([wide, narrow]))).toBe(false);
      expect(allowed(await store.consume([narrow, wide]))).toBe(false);
      const [decision] = await store.consume([wide]);
      expect(decision!.remaining).toBe(96);
    });

    it('give back exactly the admission that is refunded', async () => {
      const [one, other] = [window(2), window(5)];
      const [ofOne, ofOther] = await store.consume([one, other]);
      await store.consume([one]);
      // In a cluster, each node has decided on its own clock.
      await store.refund([one], ofOne!.at);
      await store.refund([other], ofOther!.at);
      expect(await admitted(store, [one], 5)).toBe(1);
      expect(await admitted(store, [other], 10)).toBe(5);
    });

    it('take back no other admission when the refunded one has left the window', async () => {
      const one = window(2);
      const [decision] = await store.consume([one]);
      await opened.pass(WINDOW_MS * 1.1);
      expect(await admitted(store, [one], 2)).toBe(2);
      await store.refund([one], decision!.at);
      expect(allowed(await store.consume([one]))).toBe(false);
    });

    it('take back an admission that is not the newest, and one of several of one time', async () => {
      const one = window(4);
      await store.consume([one]);
      await opened.pass(1000);
      const [decision] = await store.consume([one]);
      await opened.pass(1000);
      expect(await admitted(store, [one], 2)).toBe(2);
      await store.refund([one], decision!.at);
      expect(await admitted(store, [one], 3)).toBe(1);
    });

    it('refund nothing that they have not counted', async () => {
      const one = window(2);
      await store.refund([one], 1);
      expect(await admitted(store, [one], 5)).toBe(2);
    });

    it('count callers separately', async () => {
      const [one, other] = [window(1), window(1)];
      expect(allowed(await store.consume([one]))).toBe(true);
      expect(allowed(await store.consume([other]))).toBe(true);
      expect(allowed(await store.consume([one]))).toBe(false);
    });

    it('never refuse a steady caller at the limit', async () => {
      const one = window(4, { windowMs: 400 });
      for (let request = 0; request < 12; request++) {
        expect(allowed(await store.consume([one]))).toBe(true);
        await opened.pass(101);
      }
    });
  });
}
