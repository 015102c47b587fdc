import type { User } from './user.entity.js';

/** Returns what stands for the credentials of an account; a single-use secret that is bound to it is void once they change. */
export const credentialFingerprintOf = ({ credentialVersion }: Pick<User, 'credentialVersion'>) =>
  String(credentialVersion);
