import { createHmac } from 'node:crypto';

/**
 * The name of a secret, 16 hexadecimal digits from which the secret cannot be told. It is stored beside what depends
 * on the secret, so that a change of secrets knows what still needs the old one.
 */
export function keyIdOf(secret: string): string {
  return createHmac('sha256', secret).update('portcullis key id').digest('hex').slice(0, 16);
}
