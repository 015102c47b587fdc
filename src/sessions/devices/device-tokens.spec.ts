import { fc } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { MasterKey } from '../../platform/crypto/master-key.js';
import { uuidToBytes } from '../../platform/crypto/uuid.js';
import { DeviceTokens } from './device-tokens.js';

const KEY = new MasterKey('the master secret of this spec, thirty-two bytes or more');
const devices = new DeviceTokens(KEY);
const DEVICE = '019abf6e-3c1a-7d52-9a41-6f0a7e1b2c3d';

describe('a device token', () => {
  it('contains the id of its device', () => {
    expect(devices.read(devices.mint(DEVICE))).toBe(DEVICE);
  });

  it('is accepted in the form of earlier versions, with the tags of five accounts after the id', () => {
    const body = Buffer.concat([uuidToBytes(DEVICE), Buffer.alloc(5 * 8, 7)]);
    const token = Buffer.concat([body, KEY.mac('device-token', body)]).toString('base64url');
    expect(devices.read(token)).toBe(DEVICE);
  });

  it('is not valid under another master secret', () => {
    const other = new DeviceTokens(new MasterKey('another secret of this spec, thirty-two bytes or more'));
    expect(other.read(devices.mint(DEVICE))).toBeNull();
  });

  it('is not valid if any single bit is flipped', () => {
    const bytes = Buffer.from(devices.mint(DEVICE), 'base64url');
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const flipped = Buffer.from(bytes);
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      expect(devices.read(flipped.toString('base64url'))).toBeNull();
    }
  });

  it('is not read from any other text', () => {
    expect(devices.read(null)).toBeNull();
    expect(devices.read(undefined)).toBeNull();
    fc.assert(fc.property(fc.string({ maxLength: 200 }), (text) => devices.read(text) === null));
  });
});
