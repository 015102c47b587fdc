import { describe, expect, it } from 'vitest';
import { MasterKey } from '../../platform/crypto/master-key.js';
import { TrailCursor } from './trail-cursor.js';

const cursors = new TrailCursor(new MasterKey('the master secret of this spec, thirty-two bytes or more'));

const QUERY = {
  from: new Date('2025-11-01T00:00:00Z'),
  to: new Date('2025-12-01T00:00:00Z'),
  type: 'user_created',
};
const ID = '019abf6e-3c19-7b0a-9f3d-5a7c9e1b3d5f';

describe('A cursor', () => {
  it('contains the time of the row, whatever the time in the id', () => {
    const place = { id: ID, time: '2025-11-02T03:04:05.678Z' };
    expect(cursors.resume(cursors.after(place, QUERY), QUERY)).toEqual({ query: QUERY, after: place });
  });

  it('of the previous version, which contains the id only, is accepted', () => {
    const former =
      'dKii-ct4yz57x4QiDF5wfDE3NjE5NTUyMDAwMDAgMTc2NDU0NzIwMDAwMCAwMTlhYmY2ZS0zYzE5LTdiMGEtOWYzZC01YTdjOWUxYjNkNWY';
    const after = { id: ID, time: '2025-11-26T09:11:03.961Z' };
    expect(cursors.resume(former, QUERY)).toEqual({ query: QUERY, after });
  });
});
