import { setTimeout as delay } from 'node:timers/promises';

/**
 * Calls `probe` until it does not throw, and returns its result; after `timeoutMs`, its last error is thrown. Use this
 * to wait for other processes and real servers; everything else uses the clock of the test. The default is generous, for busy
 * machines: a spec that bounds the time states its own.
 */
export async function eventually<T>(
  probe: () => T | Promise<T>,
  { timeoutMs = 15_000, intervalMs = 20 }: { timeoutMs?: number; intervalMs?: number } = {},
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    try {
      return await probe();
    } catch (error) {
      if (performance.now() + intervalMs > deadline) throw error;
      await delay(intervalMs);
    }
  }
}
