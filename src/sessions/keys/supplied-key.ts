import { Injectable } from '@nestjs/common';
import type { KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { ConfigurationFault } from '../../platform/config/configuration-fault.js';
import { Environment } from '../../platform/config/environment.js';
import { publicJwkOf, readPrivateKey } from './key-material.js';

/** The signing key from the environment, if one is configured. */
@Injectable()
export class SuppliedKey {
  /**
   * Null if the service generates its own keys. The constructor throws {@link ConfigurationFault} for an unsuitable
   * key.
   */
  readonly key: KeyObject | null;
  /** The `kid` of the key; empty if there is none. */
  readonly kid: string;

  constructor(environment: Environment) {
    const { JWT_PRIVATE_KEY: pem, JWT_PRIVATE_KEY_FILE: file, JWT_ALGORITHM: algorithm } = environment;
    if (pem !== undefined) this.key = read('JWT_PRIVATE_KEY', () => readPrivateKey(unfold(pem), algorithm));
    else if (file !== undefined) {
      this.key = read('JWT_PRIVATE_KEY_FILE', () => readPrivateKey(readFileSync(file, 'utf8'), algorithm));
    } else this.key = null;
    this.kid = this.key ? publicJwkOf(this.key, algorithm).kid : '';
  }
}

/** Many secret stores allow one line per value, with line feeds written as `\n`. */
const unfold = (pem: string) => pem.replaceAll('\\n', '\n');

function read(variable: string, key: () => KeyObject): KeyObject {
  try {
    return key();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new ConfigurationFault([
      `${variable} ${code?.startsWith('E') ? `cannot be read (${code})` : message}`,
    ]);
  }
}
