import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { KeyChanges } from './key-changes.js';
import type { KeyChange, KeyChangesRepository } from './key-changes.repository.js';

const INTERVAL_MS = 300;

describe('the changes of keys that a process reads', () => {
  let page: KeyChange[];
  let changes: KeyChanges;
  const announced = vi.fn();

  beforeEach(async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    announced.mockClear();
    page = [];
    const since = async () => ({ changes: page, horizon: '7' });
    changes = new KeyChanges({ since } as unknown as KeyChangesRepository);
    changes.onChange(announced);
    changes.start();
    await vi.advanceTimersByTimeAsync(0);
  });
  afterEach(() => {
    changes.onApplicationShutdown();
    vi.useRealTimers();
  });

  const changeOf = (ownerId: string): KeyChange => ({ id: randomUUID(), ownerId });

  it('are announced at once, however many owners a page has: a listener may have to look at all that it remembers', async () => {
    const ownerIds = Array.from({ length: 1000 }, () => randomUUID());
    page = ownerIds.map(changeOf);
    await vi.advanceTimersByTimeAsync(INTERVAL_MS);
    expect(announced.mock.calls).toEqual([[new Set(ownerIds)]]);
  });

  it('are announced once, although later pages repeat them', async () => {
    page = [changeOf('one'), changeOf('one')];
    await vi.advanceTimersByTimeAsync(INTERVAL_MS);
    page = [...page, changeOf('another')];
    await vi.advanceTimersByTimeAsync(2 * INTERVAL_MS);
    expect(announced.mock.calls).toEqual([[new Set(['one'])], [new Set(['another'])]]);
  });

  it('count as a change only if there are any', async () => {
    const { generation } = changes;
    await vi.advanceTimersByTimeAsync(INTERVAL_MS);
    expect([changes.generation, announced.mock.calls]).toEqual([generation, []]);
    page = [changeOf('one')];
    await vi.advanceTimersByTimeAsync(INTERVAL_MS);
    expect(changes.generation).toBeGreaterThan(generation);
  });
});
