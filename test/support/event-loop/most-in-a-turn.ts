/**
 * Returns the most calls of a method, of an object or of all those with a prototype, in one turn of the event loop, during which
 * nothing else can proceed.
 */
export async function mostInATurn<T extends object>(
  target: T,
  method: keyof T,
  work: () => Promise<unknown>,
): Promise<{ most: number; all: number }> {
  const original = target[method] as (...parameters: unknown[]) => unknown;
  let [inTurn, most, all] = [0, 0, 0];
  const endTurn = () => {
    most = Math.max(most, inTurn);
    inTurn = 0;
    next = setImmediate(endTurn);
  };
  let next = setImmediate(endTurn);
  Object.assign(target, {
    [method](this: unknown, ...parameters: unknown[]) {
      inTurn += 1;
      all += 1;
      return original.apply(this, parameters);
    },
  });
  try {
    await work();
  } finally {
    clearImmediate(next);
    Object.assign(target, { [method]: original });
  }
  return { most: Math.max(most, inTurn), all };
}
