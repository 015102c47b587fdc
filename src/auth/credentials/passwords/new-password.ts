import { Injectable } from '@nestjs/common';
import { unacceptable } from '../../../platform/errors/unacceptable.js';
import { BreachedPasswords } from './breached-passwords.js';
import { PasswordHasher } from './password-hasher.js';
import { PasswordPolicy } from './password-policy.js';
import { passwordTextFault } from './password.decorator.js';

/** Decides whether a new password is acceptable for an account, and creates the hash to store. */
@Injectable()
export class NewPassword {
  constructor(
    private readonly policy: PasswordPolicy,
    private readonly breached: BreachedPasswords,
    private readonly hasher: PasswordHasher,
  ) {}

  /** The reason for refusing the password, as a sentence; null if it is acceptable. */
  async faultOf(password: string, email: string): Promise<string | null> {
    const fault = passwordTextFault(password) ?? (await this.policy.faultOf(password, email));
    if (fault !== null) return fault;
    return (await this.breached.has(password))
      ? 'password appears in a breach of another service; use one that you use nowhere else'
      : null;
  }

  /** Throws `validation_failed`, with the reason, for a password that {@link faultOf} refuses. */
  async assertAcceptable(password: string, email: string, pointer: string): Promise<void> {
    const detail = await this.faultOf(password, email);
    if (detail !== null) throw unacceptable(pointer, detail);
  }

  /** Throws `overloaded` if a new hash would be ready too late. */
  async assertRoom(): Promise<void> {
    await this.hasher.assertRoom('strangers');
  }

  /** Throws `overloaded` if too many hashes are queued. `owner` is the user's id in a session of the account. */
  async hash(password: string, owner: string | null = null): Promise<string> {
    return this.hasher.hash(password, owner);
  }
}
