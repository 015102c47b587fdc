import { describe, expect, it } from 'vitest';
import type { RedisConnection } from './redis-connection.js';
import { TurnBatch } from './turn-batch.js';

const redis = { atEndOfTurn: (send: () => void) => void setImmediate(send) } as RedisConnection;
const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

describe('a batch of one turn', () => {
  const doubling = (most = 100) => {
    const asked: (readonly number[])[] = [];
    const batch = new TurnBatch<number, number>(
      redis,
      async (numbers) => {
        asked.push(numbers);
        return numbers.map((number) => 2 * number);
      },
      most,
    );
    return { batch, asked };
  };

  it('combines the questions of one turn, and returns each its own answer', async () => {
    const { batch, asked } = doubling();
    expect(await Promise.all([1, 2, 3].map((number) => batch.ask(number)))).toEqual([2, 4, 6]);
    expect(asked).toEqual([[1, 2, 3]]);
  });

  it('does not wait for another turn', async () => {
    const { batch, asked } = doubling();
    const first = batch.ask(1);
    await nextTurn();
    await Promise.all([first, batch.ask(2)]);
    expect(asked).toEqual([[1], [2]]);
  });

  it('asks for a bounded number at a time', async () => {
    const { batch, asked } = doubling(2);
    expect(await Promise.all([1, 2, 3, 4, 5].map((number) => batch.ask(number)))).toEqual([2, 4, 6, 8, 10]);
    expect(asked).toEqual([[1, 2], [3, 4], [5]]);
  });

  it('rejects every question of a failed batch, and answers the next ones', async () => {
    let away = true;
    const batch = new TurnBatch<number, number>(
      redis,
      async (numbers) => {
        if (away) throw new Error('away');
        return numbers;
      },
      10,
    );
    const outcomes = await Promise.allSettled([batch.ask(1), batch.ask(2)]);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    away = false;
    expect(await batch.ask(3)).toBe(3);
  });
});
