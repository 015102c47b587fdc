export type { Claims, Role } from './claims.js';
export type { Requirements } from './requirements.js';
export { type VerificationCode, VerificationError } from './verification-error.js';
export { createVerifier, type Verified, type Verifier } from './verifier.js';
export type { RevocationOptions, VerifierOptions } from './verifier-options.js';
