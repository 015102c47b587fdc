import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Environment } from '../../platform/config/environment.js';
import { SessionConditions } from '../../sessions/issuing/session-conditions.js';
import { AuthErrors } from '../auth.errors.js';

/** With `REQUIRE_VERIFIED_EMAIL`, accounts with an unverified address get no session. */
@Injectable()
export class VerifiedEmailCondition implements OnModuleInit {
  constructor(
    private readonly environment: Environment,
    private readonly conditions: SessionConditions,
  ) {}

  onModuleInit(): void {
    if (!this.environment.REQUIRE_VERIFIED_EMAIL) return;
    this.conditions.register('verified_email', {
      problem: AuthErrors.email_unverified,
      isMet: async (_tx, { emailVerified }) => emailVerified,
    });
  }
}
