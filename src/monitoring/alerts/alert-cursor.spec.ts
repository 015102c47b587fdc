import { fc } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { Problem } from '../../platform/errors/problem.js';
import { cursorAfter, positionOf } from './alert-cursor.js';
import type { Alert } from './alert.entity.js';

const alert = {
  id: '019abf6e-3c1a-7d52-9a41-6f0a7e1b2c3d',
  lastSeenAt: new Date('2026-11-23T12:00:00.123Z'),
} as Alert;

describe('The cursor of a list of alerts', () => {
  it('decodes to the position from which it was created', () => {
    expect(positionOf(cursorAfter(alert))).toEqual(alert);
  });

  it('is refused if the service did not create it', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.base64String()), (text) => {
        expect(() => positionOf(text)).toThrow(Problem);
      }),
    );
    const forged = Buffer.from(`9999999999999999 ${alert.id}`).toString('base64url');
    expect(() => positionOf(forged)).toThrow('validation_failed');
  });
});
