import { beforeEach, describe, expect, it } from 'vitest';
import { RedisBreaker } from './redis-breaker.js';

describe('RedisBreaker', () => {
  let breaker: RedisBreaker;
  let changes: string[];

  beforeEach(() => {
    breaker = new RedisBreaker();
    changes = [];
    breaker.changes.subscribe((change) => changes.push(change));
  });

  it('is open until it is changed', () => {
    expect(breaker.isClosed).toBe(false);
    breaker.succeeded();
    expect(breaker.isClosed).toBe(false);
    breaker.close();
    expect(breaker.isClosed).toBe(true);
  });

  it('opens at the second failure in a row', () => {
    breaker.close();
    breaker.failed();
    expect(breaker.isClosed).toBe(true);
    breaker.failed();
    expect(breaker.isClosed).toBe(false);
  });

  it('ignores a failure between successes', () => {
    breaker.close();
    for (let round = 0; round < 5; round++) {
      breaker.failed();
      breaker.succeeded();
    }
    expect(breaker.isClosed).toBe(true);
  });

  it('announces each change once', () => {
    breaker.open();
    breaker.close();
    breaker.close();
    breaker.open();
    breaker.failed();
    breaker.failed();
    breaker.close();
    expect(changes).toEqual(['up', 'down', 'up']);
  });
});
