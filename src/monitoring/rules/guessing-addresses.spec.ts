import { expect, it } from 'vitest';
import { GuessingAddresses } from './guessing-addresses.js';

const MINUTE = 60_000;
const START = Date.UTC(2026, 10, 23, 9);

it('remembers what an address has guessed for ten minutes at least, and for twenty at most', () => {
  const guessing = new GuessingAddresses();
  for (const account of ['a', 'b', 'c', 'd'])
    guessing.add('192.0.2.1', START + 9 * MINUTE, { account, failed: true });
  const guessesAt = (minute: number) => guessing.has('192.0.2.1', START + minute * MINUTE);
  expect([9, 10, 19, 20].map(guessesAt)).toEqual([true, true, true, false]);
});

it('counts an account once over both stretches', () => {
  const guessing = new GuessingAddresses();
  for (const minute of [1, 11])
    for (const account of ['a', 'b'])
      guessing.add('192.0.2.1', START + minute * MINUTE, { account, failed: true });
  expect(guessing.has('192.0.2.1', START + 11 * MINUTE)).toBe(false);
});

it('counts an entry that is late by up to an hour as one of now', () => {
  const guessing = new GuessingAddresses();
  const accounts = ['a', 'b', 'c', 'd'];
  for (const [i, account] of accounts.entries())
    guessing.add('192.0.2.1', START + ((i + 1) % 2) * 60 * MINUTE, { account, failed: true });
  expect(guessing.has('192.0.2.1', START + 60 * MINUTE)).toBe(true);
});

it('forgets as soon as ever after a clock that was a day ahead is set right', () => {
  const guessing = new GuessingAddresses();
  guessing.add('192.0.2.2', START + 24 * 60 * MINUTE, { account: 'a', failed: true });
  for (const account of ['a', 'b', 'c', 'd']) guessing.add('192.0.2.1', START, { account, failed: true });
  const guessesAt = (minute: number) => guessing.has('192.0.2.1', START + minute * MINUTE);
  expect([0, 19, 20].map(guessesAt)).toEqual([true, true, false]);
});
