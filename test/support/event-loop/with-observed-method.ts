/** Does the work while `observe` is called before each call of a method, of an object or of all those with a prototype. */
export async function withObservedMethod<T extends object>(
  target: T,
  method: keyof T,
  observe: () => void,
  work: () => Promise<unknown>,
): Promise<void> {
  const original = target[method] as (...parameters: unknown[]) => unknown;
  Object.assign(target, {
    [method](this: unknown, ...parameters: unknown[]) {
      observe();
      return original.apply(this, parameters);
    },
  });
  try {
    await work();
  } finally {
    Object.assign(target, { [method]: original });
  }
}
