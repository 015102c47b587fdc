import { fc } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { SystemClock } from '../../platform/clock/clock.js';
import { MasterKey } from '../../platform/crypto/master-key.js';
import { SystemRandomness } from '../../platform/crypto/randomness.js';
import { UuidV7 } from '../../platform/crypto/uuid.js';
import { DeviceTokens } from './device-tokens.js';

const devicesOf = (secret: string) =>
  new DeviceTokens(new MasterKey(secret), new UuidV7(new SystemClock(), new SystemRandomness()));
const devices = devicesOf('the master secret of this spec, thirty-two bytes or more');

/** The token of a device after these accounts signed in there, one after the other. */
const tokenAfter = (...accounts: string[]) =>
  accounts.reduce<string | null>((token, account) => devices.remember(token, account).token, null)!;

describe('a device token', () => {
  it('makes its device known to the account that signed in there, and to no other', () => {
    const { token, deviceId } = devices.remember(null, 'ada');
    expect(devices.knownDevice(token, 'ada')).toBe(deviceId);
    expect(devices.knownDevice(token, 'charles')).toBeNull();
  });

  it('keeps its device when others sign in there, up to five accounts', () => {
    const five = ['a', 'b', 'c', 'd', 'e'];
    const token = tokenAfter(...five);
    const known = new Set(five.map((account) => devices.knownDevice(token, account)));
    expect(known.size).toBe(1);
    expect(known).not.toContain(null);
  });

  it('forgets the account that signed in longest ago', () => {
    const token = tokenAfter('a', 'b', 'c', 'd', 'e', 'a', 'f');
    expect(
      ['a', 'b', 'c', 'd', 'e', 'f'].filter((account) => devices.knownDevice(token, account) === null),
    ).toEqual(['b']);
  });

  it('does not grow when the same account signs in again', () => {
    expect(tokenAfter('ada', 'ada', 'ada')).toHaveLength(tokenAfter('ada').length);
  });

  it('has the id of its session after a refresh, with or without a token of that device, and with one of another', () => {
    const { token, deviceId } = devices.remember(tokenAfter('charles'), 'ada');
    const other = devices.remember(null, 'mallory');
    for (const presented of [token, null, other.token])
      expect(devices.knownDevice(devices.renew(presented, deviceId, 'ada'), 'ada')).toBe(deviceId);
    expect(devices.knownDevice(devices.renew(token, deviceId, 'ada'), 'charles')).toBe(deviceId);
    expect(devices.knownDevice(devices.renew(other.token, deviceId, 'ada'), 'mallory')).toBeNull();
  });

  it('names no account', () => {
    const bytes = Buffer.from(tokenAfter('ada'), 'base64url');
    expect(bytes.includes('ada')).toBe(false);
  });

  it('is as good as none with any one bit of it flipped', () => {
    const bytes = Buffer.from(tokenAfter('ada', 'charles'), 'base64url');
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const flipped = Buffer.from(bytes);
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      expect(devices.knownDevice(flipped.toString('base64url'), 'ada')).toBeNull();
    }
  });

  it('has one spelling: the unused bits of its last character are zero', () => {
    const token = tokenAfter('ada');
    const spellings = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
      .split('')
      .map((last) => token.slice(0, -1) + last)
      .filter((spelling) => devices.knownDevice(spelling, 'ada') !== null);
    expect(spellings).toEqual([token]);
  });

  it('is as good as none from another installation, cut, or prolonged', () => {
    const token = tokenAfter('ada');
    const foreign = devicesOf('another master secret, also of thirty-two bytes or more').remember(
      null,
      'ada',
    ).token;
    for (const text of [
      foreign,
      token.slice(0, -11),
      `${token}AAAAAAAAAAA`,
      `${token}=`,
      '',
      null,
      undefined,
    ])
      expect(devices.knownDevice(text, 'ada')).toBeNull();
  });

  it('throws for no text', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: 'binary' }), fc.stringMatching(/^[A-Za-z0-9_-]{64,118}$/)),
        (text) => {
          expect(devices.knownDevice(text, 'ada')).toBeNull();
          expect(devices.remember(text, 'ada').deviceId).toMatch(/^[0-9a-f-]{36}$/);
        },
      ),
    );
  });
});
