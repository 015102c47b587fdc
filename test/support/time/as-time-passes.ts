import { vi } from 'vitest';

/** Resolves or rejects like a promise, while as much of Vitest's fake time passes as it needs. */
export async function asTimePasses<R>(promise: Promise<R>): Promise<R> {
  const settled = new Set<Promise<R>>();
  const settle = () => void settled.add(promise);
  promise.then(settle, settle);
  while (settled.size === 0) await vi.advanceTimersToNextTimerAsync();
  return promise;
}
