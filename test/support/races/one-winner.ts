import { expect } from 'vitest';

/**
 * Of requests at once one has succeeded with 204, and the others were refused with 400. On a busy machine some may have
 * waited too long for the row that they all need, which is answered 503; those have done nothing either.
 */
export function expectOneWinner(statuses: readonly number[]): void {
  expect(statuses.filter((status) => status === 204)).toHaveLength(1);
  expect(statuses.filter((status) => ![204, 400, 503].includes(status))).toEqual([]);
}
