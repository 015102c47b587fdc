import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';

/** The complete list of purposes of single-use secrets. A secret is valid for one purpose only. */
export type SecretPurpose =
  | 'email_verification'
  | 'email_change'
  | 'email_undo'
  | 'password_reset'
  | 'invitation'
  | 'session_disown'
  | 'factor_challenge'
  | 'step_up_challenge'
  | 'passkey_challenge'
  | 'passkey_registration'
  | 'recovery_cancel'
  | 'recovery_finish';

declare const registered: unique symbol;

/**
 * A purpose that has an owner. Only {@link SecretPurposes} creates values of this type, so every secret has an owner.
 */
export type RegisteredPurpose = SecretPurpose & { readonly [registered]: true };

/**
 * Registry of the purposes in use. Owners and users call it in their constructors, so that mistakes prevent startup.
 */
@Injectable()
export class SecretPurposes implements OnApplicationBootstrap {
  private readonly owned = new Set<SecretPurpose>();
  private readonly used = new Set<SecretPurpose>();

  /** Makes the caller the owner of a purpose. Throws if the purpose already has one. */
  register(purpose: SecretPurpose): RegisteredPurpose {
    if (this.owned.has(purpose)) throw new Error(`The secret purpose ${purpose} is registered twice.`);
    this.owned.add(purpose);
    return purpose as RegisteredPurpose;
  }

  /** For classes that issue or spend secrets of a purpose owned by another class. */
  use(purpose: SecretPurpose): RegisteredPurpose {
    this.used.add(purpose);
    return purpose as RegisteredPurpose;
  }

  /** Throws if an unregistered purpose is used. */
  onApplicationBootstrap(): void {
    const orphans = [...this.used].filter((purpose) => !this.owned.has(purpose));
    if (orphans.length > 0)
      throw new Error(`Secret purposes in use without an owner: ${orphans.join(', ')}.`);
  }
}
