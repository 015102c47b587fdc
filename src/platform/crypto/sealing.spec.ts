import { describe, expect, it } from 'vitest';
import { MasterKey } from './master-key.js';
import { SystemRandomness } from './randomness.js';
import { Sealing } from './sealing.js';

const sealing = new Sealing(new MasterKey('the master secret of this test'), new SystemRandomness());
const sealed = () => sealing.seal('outbox-payload', 'one', 'Zeile ✓');

/** Messages of OpenSSL, for a nonce or tag that is too short, and for a wrong key id. */
const REFUSED = /authenticate data|Invalid|another secret/;

describe('Sealing', () => {
  it('returns the sealed value, and does not reveal it in between', () => {
    expect(sealing.open('outbox-payload', 'one', sealed()).toString()).toBe('Zeile ✓');
    expect(sealed().includes('Zeile')).toBe(false);
    expect(sealed().equals(sealed())).toBe(false);
  });

  it('does not open a value under another id, purpose or master secret', () => {
    const other = new Sealing(new MasterKey('another master secret'), new SystemRandomness());
    expect(() => sealing.open('outbox-payload', 'two', sealed())).toThrow(REFUSED);
    expect(() => sealing.open('caught-mail', 'one', sealed())).toThrow(REFUSED);
    expect(() => other.open('outbox-payload', 'one', sealed())).toThrow(REFUSED);
  });

  it('does not open a value with a changed bit or a missing byte', () => {
    for (let at = 0; at < sealed().length; at++) {
      const changed = sealed();
      changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
      expect(() => sealing.open('outbox-payload', 'one', changed)).toThrow(REFUSED);
    }
    expect(() => sealing.open('outbox-payload', 'one', sealed().subarray(0, 20))).toThrow(REFUSED);
  });
});
