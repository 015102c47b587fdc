/** The longest parts of a passkey in bytes, however it reaches the service. */
export const PASSKEY_BYTES = {
  /** WebAuthn level 3, section 7.1; longer values do not fit into the index of PostgreSQL, either. */
  credentialId: 1023,
  /** In COSE. The standard has no bound; an RSA key of 8,192 bits needs about 1,040. */
  publicKey: 1536,
  /** WebAuthn level 3, section 5.4.3. */
  userHandle: 64,
} as const;
