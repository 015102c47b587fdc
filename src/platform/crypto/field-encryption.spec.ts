import { describe, expect, it } from 'vitest';
import { MasterKey } from './master-key.js';
import { SystemRandomness } from './randomness.js';
import { FieldEncryption } from './field-encryption.js';

const encryption = new FieldEncryption(
  new MasterKey('the master secret of this test'),
  new SystemRandomness(),
);
const encrypted = () => encryption.encrypt('outbox-payload', 'one', 'Zeile ✓');

/** Messages of OpenSSL, for a nonce or tag that is too short, and for a wrong key id. */
const REFUSED = /authenticate data|Invalid|another secret/;

describe('FieldEncryption', () => {
  it('returns the value, and does not reveal it in between', () => {
    expect(encryption.decrypt('outbox-payload', 'one', encrypted()).toString()).toBe('Zeile ✓');
    expect(encrypted().includes('Zeile')).toBe(false);
    expect(encrypted().equals(encrypted())).toBe(false);
  });

  it('does not decrypt a value under another id, purpose or master secret', () => {
    const other = new FieldEncryption(new MasterKey('another master secret'), new SystemRandomness());
    expect(() => encryption.decrypt('outbox-payload', 'two', encrypted())).toThrow(REFUSED);
    expect(() => encryption.decrypt('caught-mail', 'one', encrypted())).toThrow(REFUSED);
    expect(() => other.decrypt('outbox-payload', 'one', encrypted())).toThrow(REFUSED);
  });

  it('does not decrypt a value with a changed bit or a missing byte', () => {
    for (let at = 0; at < encrypted().length; at++) {
      const changed = encrypted();
      changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
      expect(() => encryption.decrypt('outbox-payload', 'one', changed)).toThrow(REFUSED);
    }
    expect(() => encryption.decrypt('outbox-payload', 'one', encrypted().subarray(0, 20))).toThrow(REFUSED);
  });
});
