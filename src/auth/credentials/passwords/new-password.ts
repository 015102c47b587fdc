import { Injectable } from '@nestjs/common';
import { PasswordHasher } from './password-hasher.js';
import { PasswordPolicy } from './password-policy.js';
import { passwordTextFault } from './password.decorator.js';

/** A password on its way in: may an account have it, and what is stored of it. */
@Injectable()
export class NewPassword {
  constructor(
    private readonly policy: PasswordPolicy,
    private readonly hasher: PasswordHasher,
  ) {}

  /** Why an account may not have this password, as a sentence; null when it may. */
  faultOf(password: string, email: string): string | null {
    return passwordTextFault(password) ?? this.policy.faultOf(password, email);
  }

  /** Throws `overloaded` when hashes queue up. */
  async hash(password: string): Promise<string> {
    return this.hasher.hash(password);
  }
}
