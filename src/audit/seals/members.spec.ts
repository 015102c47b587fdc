import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { uuidFromBytes } from '../../platform/crypto/uuid.js';
import { indexOfMember } from './members.js';

describe('The members of a seal', () => {
  const ids = Array.from({ length: 3 }, () => randomBytes(16));
  const packed = Buffer.concat(ids.flatMap((id) => [id, randomBytes(32)]));

  it('are found by their ids', () => {
    expect(ids.map((id) => indexOfMember(packed, uuidFromBytes(id)))).toEqual([0, 1, 2]);
  });

  it('are not found by what a digest contains', () => {
    ids[2]!.copy(packed, 20);
    expect(indexOfMember(packed, uuidFromBytes(ids[2]!))).toBe(2);
    const absent = randomBytes(16);
    absent.copy(packed, 20);
    expect(indexOfMember(packed, uuidFromBytes(absent))).toBeNull();
  });
});
