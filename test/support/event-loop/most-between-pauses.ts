import { WorkThrottle } from '../../../src/platform/clock/work-throttle.js';
import { withObservedMethod } from './with-observed-method.js';

/**
 * Returns the most calls of a method between two pauses. For work that is interrupted by queries in any case: requests
 * proceed then, but every turn of the event loop has a part of it.
 */
export async function mostBetweenPauses<T extends object>(
  target: T,
  method: keyof T,
  work: () => Promise<unknown>,
): Promise<{ most: number; all: number }> {
  const worked = Reflect.get(WorkThrottle.prototype, 'worked');
  let [sincePause, most, all] = [0, 0, 0];
  const observe = () => {
    sincePause += 1;
    all += 1;
    most = Math.max(most, sincePause);
  };
  WorkThrottle.prototype.worked = async function (this: WorkThrottle, entries) {
    let hasPaused = false;
    const turn = setImmediate(() => {
      hasPaused = true;
    });
    await worked.call(this, entries);
    clearImmediate(turn);
    if (hasPaused) sincePause = 0;
  };
  try {
    await withObservedMethod(target, method, observe, work);
  } finally {
    WorkThrottle.prototype.worked = worked;
  }
  return { most, all };
}
