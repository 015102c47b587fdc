import { describe, expect, it } from 'vitest';
import { internalOrigin, noteDeparted, noteSubject, type Origin, unknownSubject } from './origin.js';

const request = (): Origin => ({
  requestId: 'request-1',
  ip: '192.0.2.1',
  network: '192.0.2.1',
  userAgent: null,
  about: unknownSubject(),
});

describe('The person that a request is about', () => {
  it('is noted on every copy of its origin, and on no other', () => {
    const origin = request();
    const other = request();
    const copy = { ...origin, usedKey: { keyId: 'key-1' } };
    noteSubject(copy, 'user-1');
    noteDeparted(copy);
    expect(origin.about).toEqual({ userId: 'user-1', isDeparted: true });
    expect(other.about).toEqual({ userId: null, isDeparted: false });
  });

  it('is not kept for actions of the service itself', () => {
    const origin = internalOrigin('start');
    noteSubject(origin, 'user-1');
    expect(origin).toEqual(internalOrigin('start'));
  });
});
