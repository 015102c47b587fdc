import { Injectable } from '@nestjs/common';
import type { Locale } from '../../platform/access/locale.js';
import type { Profile } from '../../platform/access/profile.js';
import { Environment } from '../../platform/config/environment.js';
import { Problem } from '../../platform/errors/problem.js';
import { unacceptable } from '../../platform/errors/unacceptable.js';
import type { Origin } from '../../platform/http/origin.js';
import { profileOf } from '../../users/profile.js';
import { AuthErrors } from '../auth.errors.js';
import { NewPassword } from '../credentials/passwords/new-password.js';
import { OpenRegistration } from './open-registration.js';
import { SilentRegistration } from './silent-registration.js';

/** A validated registration request. */
export interface Registration {
  /** Normalised by `canonicalEmail`. */
  readonly email: string;
  readonly password: string;
  readonly displayName: string | null;
  readonly locale: Locale;
}

/** Creates accounts at the request of their owners, as `REGISTRATION` and `REQUIRE_VERIFIED_EMAIL` allow. */
@Injectable()
export class RegistrationService {
  constructor(
    private readonly environment: Environment,
    private readonly passwords: NewPassword,
    private readonly open: OpenRegistration,
    private readonly silent: SilentRegistration,
  ) {}

  /**
   * Returns null if the caller must not learn whether the address was free. Throws `registration_closed`,
   * `validation_failed` for an unacceptable password, `email_taken` or `overloaded`.
   */
  async register(registration: Registration, origin: Origin): Promise<Profile | null> {
    if (this.environment.REGISTRATION === 'invitation') throw new Problem(AuthErrors.registration_closed);
    const { password, ...account } = registration;
    const fault = await this.passwords.faultOf(password, account.email);
    if (fault) {
      throw unacceptable('#/password', fault);
    }
    const newUser = { ...account, roles: ['user' as const] };
    const hash = () => this.passwords.hash(password);
    if (!this.environment.REQUIRE_VERIFIED_EMAIL)
      return profileOf(await this.open.register(newUser, hash, origin));
    await this.silent.register(newUser, await hash(), origin);
    return null;
  }
}
