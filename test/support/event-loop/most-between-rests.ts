import { RestingPace } from '../../../src/platform/clock/resting-pace.js';

/**
 * Returns the most calls of a method between two rests. For work that is interrupted by queries in any case: requests
 * proceed then, but every turn of the event loop has a part of it.
 */
export async function mostBetweenRests<T extends object>(
  target: T,
  method: keyof T,
  work: () => Promise<unknown>,
): Promise<{ most: number; all: number }> {
  const original = target[method] as (...parameters: unknown[]) => unknown;
  const worked = Reflect.get(RestingPace.prototype, 'worked');
  let [sinceRest, most, all] = [0, 0, 0];
  Object.assign(target, {
    [method]: (...parameters: unknown[]) => {
      sinceRest += 1;
      all += 1;
      most = Math.max(most, sinceRest);
      return original.apply(target, parameters);
    },
  });
  RestingPace.prototype.worked = async function (this: RestingPace, entries) {
    let hasRested = false;
    const turn = setImmediate(() => {
      hasRested = true;
    });
    await worked.call(this, entries);
    clearImmediate(turn);
    if (hasRested) sinceRest = 0;
  };
  try {
    await work();
  } finally {
    Object.assign(target, { [method]: original });
    RestingPace.prototype.worked = worked;
  }
  return { most, all };
}
