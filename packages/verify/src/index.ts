export type { Claims, Role } from './claims.js';
export type { Requirements } from './requirements.js';
export { type VerificationCode, VerificationError } from './verification-error.js';
export {
  createVerifier,
  type RevocationOptions,
  type Verified,
  type Verifier,
  type VerifierOptions,
} from './verifier.js';
