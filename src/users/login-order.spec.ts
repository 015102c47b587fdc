import { describe, expect, it } from 'vitest';
import { afterLogin, notBeforeLogin } from './login-order.js';

const NOW = Date.UTC(2026, 0, 1);
const inMs = (ms: number) => new Date(NOW + ms);

describe('the times of what happens to an account', () => {
  it.each([
    [null, 0],
    [-1, 0],
    [0, 0],
    [500, 500],
    [60_000, 60_000],
    [60_001, 0],
  ])('after a login %s ms ahead, an addition is %i ms ahead', (login, expected) => {
    expect(notBeforeLogin(login === null ? null : inMs(login), inMs(0))).toEqual(inMs(expected));
  });

  it.each([
    [null, 0],
    [-1, 0],
    [0, 1],
    [500, 501],
    [60_000, 0],
  ])('after a login %s ms ahead, the next one is %i ms ahead', (login, expected) => {
    const lastLoginAt = login === null ? null : inMs(login);
    expect(afterLogin({ lastLoginAt }, inMs(0))).toEqual(inMs(expected));
  });
});
