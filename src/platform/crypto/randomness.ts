import { randomBytes } from 'node:crypto';

/** Cryptographically secure random bytes, injected so that tests can replay them. */
export abstract class Randomness {
  abstract bytes(length: number): Buffer;
}

/** Bytes from the operating system's generator, suitable for tokens and keys. */
export class SystemRandomness extends Randomness {
  bytes(length: number): Buffer {
    return randomBytes(length);
  }
}
