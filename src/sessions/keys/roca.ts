/** Small primes in which few remainders are powers of 65537, as in the detection tool of the paper's authors. */
const PRIMES = [11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157];

/**
 * Whether an RSA modulus has the fingerprint of the keys of Infineon's library, which can be factored (ROCA,
 * CVE-2017-15361): modulo each small prime, it is a power of 65537. One of 10^8 other moduli has it by chance. Source: Nemec,
 * Sys, Svenda, Klinec and Matyas, "The Return of Coppersmith's Attack", CCS 2017, section 3.
 */
export function hasRocaFingerprint(modulus: bigint): boolean {
  return PRIMES.every((prime) => powersOf65537(prime).has(Number(modulus % BigInt(prime))));
}

function powersOf65537(prime: number): ReadonlySet<number> {
  const powers = new Set<number>();
  for (let power = 1; !powers.has(power); power = (power * 65_537) % prime) powers.add(power);
  return powers;
}
