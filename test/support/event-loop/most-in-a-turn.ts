import { withObservedMethod } from './with-observed-method.js';

/**
 * Returns the most calls of a method, of an object or of all those with a prototype, in one turn of the event loop, during which
 * nothing else can proceed.
 */
export async function mostInATurn<T extends object>(
  target: T,
  method: keyof T,
  work: () => Promise<unknown>,
): Promise<{ most: number; all: number }> {
  let [inTurn, most, all] = [0, 0, 0];
  const observe = () => {
    inTurn += 1;
    all += 1;
  };
  const endTurn = () => {
    most = Math.max(most, inTurn);
    inTurn = 0;
    next = setImmediate(endTurn);
  };
  let next = setImmediate(endTurn);
  try {
    await withObservedMethod(target, method, observe, work);
  } finally {
    clearImmediate(next);
  }
  return { most: Math.max(most, inTurn), all };
}
