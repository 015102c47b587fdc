import { createHmac } from 'node:crypto';

/**
 * Returns the id of a secret: 16 hexadecimal digits that do not reveal the secret. It is stored next to data that depends
 * on the secret, so that a rotation can find what still needs the old one.
 */
export function keyIdOf(secret: string): string {
  return createHmac('sha256', secret).update('portcullis key id').digest('hex').slice(0, 16);
}
