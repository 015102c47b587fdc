import { describe, expect, it } from 'vitest';
import type { GuessingAttempt } from '../rate-limit/guessing/account-guessing.js';
import {
  type Assurance,
  assuranceOf,
  type AuthenticationMethod,
  type PossessionProof,
  type Proof,
} from './proofs.js';

const attempt: GuessingAttempt = {
  failures: 1,
  isLast: false,
  succeeded: async () => 0,
  refund: async () => undefined,
};
const stillHolds = async () => true;

const password: Proof = { method: 'pwd', attempt, stillHolds };
const code: Proof = { method: 'otp', factor: 'app', attempt, stillHolds };
const key: PossessionProof = { method: 'pop', factor: 'key', userVerified: false, stillHolds };
const verifiedKey: PossessionProof = { ...key, userVerified: true };

const TABLE: [string, Proof[], Assurance][] = [
  ['a password', [password], { amr: ['pwd'], acr: 'aal1' }],
  ['a code alone', [code], { amr: ['otp'], acr: 'aal1' }],
  ['a key', [key], { amr: ['pop'], acr: 'aal1' }],
  ['a key that verified its user', [verifiedKey], { amr: ['pop', 'user'], acr: 'aal2' }],
  ['a password and a code', [password, code], { amr: ['pwd', 'otp', 'mfa'], acr: 'aal2' }],
  ['a password and a key', [password, key], { amr: ['pwd', 'pop', 'mfa'], acr: 'aal2' }],
  [
    'a password and a key that verified its user',
    [password, verifiedKey],
    { amr: ['pwd', 'pop', 'user', 'mfa'], acr: 'aal2' },
  ],
  ['the same factor twice', [password, password], { amr: ['pwd'], acr: 'aal1' }],
  ['two keys', [key, key], { amr: ['pop'], acr: 'aal1' }],
];

describe('the assurance of a session', () => {
  it.each(TABLE)('by %s', (_, proofs, assurance) => {
    expect(assuranceOf(proofs)).toEqual(assurance);
  });

  it.each<[string, AuthenticationMethod[], Proof[], Assurance]>([
    ['the password again', ['pwd'], [password], { amr: ['pwd'], acr: 'aal1' }],
    ['a code after the password', ['pwd'], [code], { amr: ['pwd', 'otp', 'mfa'], acr: 'aal2' }],
    ['a password after a key', ['pop'], [password], { amr: ['pop', 'pwd', 'mfa'], acr: 'aal2' }],
    ['the same key, its user verified', ['pop'], [verifiedKey], { amr: ['pop', 'user'], acr: 'aal2' }],
    [
      'the password again with two factors',
      ['pwd', 'otp', 'mfa'],
      [password],
      { amr: ['pwd', 'otp', 'mfa'], acr: 'aal2' },
    ],
    ['a key that once verified its user', ['pop', 'user'], [key], { amr: ['pop', 'user'], acr: 'aal2' }],
  ])('of an existing session, with %s', (_, held, proofs, assurance) => {
    expect(assuranceOf(proofs, held)).toEqual(assurance);
  });
});
