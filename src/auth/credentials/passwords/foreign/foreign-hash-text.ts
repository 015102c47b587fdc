import type { ForeignHash } from './foreign-hash.js';

/** Writes a hash of another system in a form that `parseForeignHash` reads. */
export function foreignHashText(hash: ForeignHash): unknown {
  if (hash.kind === 'bcrypt' || hash.kind === 'sha-crypt') return hash.hash;
  if (hash.kind === 'wrapped') return { digest: hash.digest, salt: hash.salt, hash: hash.hash };
  const { salt, key } = hash;
  if (hash.kind === 'argon2')
    return `$${hash.variant}$v=19$m=${hash.memoryKib},t=${hash.passes},p=${hash.lanes}$${salt}$${key}`;
  if (hash.kind === 'pbkdf2') return `$pbkdf2-${hash.digest}$i=${hash.iterations}$${salt}$${key}`;
  const costs = `ln=${Math.log2(hash.cost)},r=${hash.blockSize}`;
  if (hash.kind === 'scrypt') return `$scrypt$${costs},p=${hash.parallelism}$${salt}$${key}`;
  return `$firescrypt$${costs},p=1$${salt}$${key}$${hash.separator}$${hash.signerKey}`;
}
