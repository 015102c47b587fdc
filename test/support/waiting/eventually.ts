import { setTimeout as delay } from 'node:timers/promises';

/**
 * Tries `probe` until it returns without throwing, and returns what it returned; after `timeoutMs` its last error
 * is thrown. For what another process or a real server does in its own time; everything else has the test's clock.
 */
export async function eventually<T>(
  probe: () => T | Promise<T>,
  { timeoutMs = 5000, intervalMs = 20 }: { timeoutMs?: number; intervalMs?: number } = {},
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
