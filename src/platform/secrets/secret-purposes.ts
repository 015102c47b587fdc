import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';

/**
 * The complete list of purposes of single-use secrets, and whether those of a purpose end when their account is disabled, because
 * they would give access to it. A secret is valid for one purpose only.
 */
const ENDS_WHEN_DISABLED = {
  email_verification: false,
  email_change: false,
  email_undo: false,
  password_reset: true,
  invitation: true,
  session_disown: false,
  factor_challenge: true,
  step_up_challenge: true,
  passkey_challenge: false,
  passkey_registration: false,
  recovery_cancel: false,
  recovery_finish: false,
} as const satisfies Readonly<Record<string, boolean>>;

/** A purpose of single-use secrets. */
export type SecretPurpose = keyof typeof ENDS_WHEN_DISABLED;

/** The purposes whose secrets end when their account is disabled. */
export const ENDED_BY_DISABLING = (Object.keys(ENDS_WHEN_DISABLED) as SecretPurpose[]).filter(
  (purpose) => ENDS_WHEN_DISABLED[purpose],
);

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
