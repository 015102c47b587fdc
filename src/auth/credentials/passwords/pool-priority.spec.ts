import { stat } from 'node:fs/promises';
import { getPriority } from 'node:os';
import { describe, expect, it } from 'vitest';
import { letPoolYield, poolThreads } from './pool-priority.js';

describe.runIf(process.platform === 'linux')('the threads that hash passwords', () => {
  it('have a lower priority than the thread that serves requests', async () => {
    await stat('/');
    letPoolYield();
    const threads = poolThreads();
    expect(threads.length).toBeGreaterThan(0);
    expect(threads).not.toContain(process.pid);
    for (const thread of threads) expect(getPriority(thread)).toBeGreaterThan(getPriority(process.pid));
  });
});
