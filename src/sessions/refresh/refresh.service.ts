import { Injectable } from '@nestjs/common';
import { AuditService } from '../../audit/audit.service.js';
import { Problem } from '../../platform/errors/problem.js';
import type { Origin } from '../../platform/http/origin.js';
import { profileOf } from '../../users/profile.js';
import { SessionErrors } from '../session.errors.js';
import { SessionDevices } from '../devices/session-devices.js';
import { RefreshTokens } from './refresh-tokens.js';
import { SessionRenewal } from './session-renewal.js';
import type { IssuedSession } from '../issued-session.js';

/** Exchanges a refresh token for the next pair. */
@Injectable()
export class RefreshService {
  constructor(
    private readonly tokens: RefreshTokens,
    private readonly renewal: SessionRenewal,
    private readonly devices: SessionDevices,
    private readonly audit: AuditService,
  ) {}

  /** Throws `unauthenticated`, `invalid_token`, `session_ended`, `refresh_token_reused` or `rate_limited`. */
  async refresh(token: string | null, origin: Origin): Promise<IssuedSession> {
    const claim = token === null ? null : this.tokens.read(token);
    if (!claim) {
      const problem = new Problem(
        token === null ? SessionErrors.unauthenticated : SessionErrors.invalid_token,
      );
      await this.audit.recordAlone({
        type: 'session_renew_fail',
        outcome: 'failure',
        reason: problem.row.code,
        origin,
        details: {},
      });
      throw problem;
    }
    const { session, owner, readAt } = await this.renewal.renew(claim, origin);
    return { profile: profileOf(owner), session, readAt, deviceToken: this.devices.tokenOf(session) };
  }
}
