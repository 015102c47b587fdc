import { BreachedPasswords } from './breached-passwords.js';
import { ForeignHashes } from './foreign/foreign-hashes.js';
import { HashRenewal } from './hash-renewal.js';
import { NewPassword } from './new-password.js';
import { PasswordChange } from './password-change.js';
import { PasswordCostsRepository } from './password-costs.repository.js';
import { PasswordCredentials } from './password-credentials.js';
import { PasswordCredentialsRepository } from './password-credentials.repository.js';
import { PasswordHasher } from './password-hasher.js';
import { PasswordPolicy } from './password-policy.js';
import { PasswordsDependence } from './passwords-dependence.js';
import { StrengthEstimator } from './strength-estimator.js';

/** The providers of passwords: how they are stored, compared, judged and replaced. */
export const PASSWORDS = [
  BreachedPasswords,
  ForeignHashes,
  HashRenewal,
  PasswordCostsRepository,
  NewPassword,
  PasswordChange,
  PasswordCredentials,
  PasswordCredentialsRepository,
  PasswordHasher,
  PasswordPolicy,
  PasswordsDependence,
  StrengthEstimator,
];
