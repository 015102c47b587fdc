import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ConfigurationFault } from '../../platform/config/configuration-fault.js';
import { Environment } from '../../platform/config/environment.js';
import { publicJwkOf } from './key-material.js';
import { SuppliedKey } from './supplied-key.js';

const folder = mkdtempSync(join(tmpdir(), 'portcullis-key-'));
afterAll(() => rmSync(folder, { recursive: true }));

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const pem = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
const file = join(folder, 'signing.pem');
writeFileSync(file, pem);

const supplied = (variables: Partial<Environment>) =>
  new SuppliedKey(Object.assign(new Environment(), variables));

/** The faults for which the service refuses to start. */
function faultsOf(variables: Partial<Environment>): readonly string[] {
  try {
    supplied(variables);
    return [];
  } catch (error) {
    if (error instanceof ConfigurationFault) return error.faults;
    throw error;
  }
}

describe('SuppliedKey', () => {
  it('has no key if no variable is set', () => {
    expect(supplied({})).toMatchObject({ key: null, kid: '' });
  });

  it.each([
    ['the variable', { JWT_PRIVATE_KEY: pem }],
    ['the variable, with line feeds written as \\n', { JWT_PRIVATE_KEY: pem.replaceAll('\n', '\\n') }],
    ['a file', { JWT_PRIVATE_KEY_FILE: file }],
  ])('is read from %s', (_where, variables) => {
    const { key, kid } = supplied(variables);
    expect(key?.equals(privateKey)).toBe(true);
    expect(kid).toBe(publicJwkOf(privateKey, 'RS256').kid);
  });

  it.each([
    [
      'is not a key',
      { JWT_PRIVATE_KEY: 'not a key but a secret' },
      'JWT_PRIVATE_KEY is not a PEM private key',
    ],
    [
      'does not fit the algorithm',
      { JWT_PRIVATE_KEY: pem, JWT_ALGORITHM: 'ES256' as const },
      'JWT_PRIVATE_KEY must be a P-256 key for ES256',
    ],
    [
      'does not exist',
      { JWT_PRIVATE_KEY_FILE: join(folder, 'nowhere.pem') },
      'JWT_PRIVATE_KEY_FILE cannot be read (ENOENT)',
    ],
    ['is a folder', { JWT_PRIVATE_KEY_FILE: folder }, 'JWT_PRIVATE_KEY_FILE cannot be read (EISDIR)'],
  ])(
    'prevents the start if the value %s, with a message that has the name of the variable and not its value',
    (_what, variables, fault) => {
      expect(faultsOf(variables)).toEqual([fault]);
    },
  );
});
