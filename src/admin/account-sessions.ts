import { Injectable } from '@nestjs/common';
import { PlatformErrors } from '../platform/errors/platform.errors.js';
import { Problem } from '../platform/errors/problem.js';
import { OwnSessions } from '../sessions/own-sessions/own-sessions.js';
import { SessionDescription } from '../sessions/own-sessions/session-description.js';
import { UsersService } from '../users/users.service.js';
import type { AccountSessionDto } from './dto/account.dto.js';

/** Shows administrators the sessions of an account. */
@Injectable()
export class AccountSessions {
  constructor(
    private readonly users: UsersService,
    private readonly sessions: OwnSessions,
    private readonly description: SessionDescription,
  ) {}

  /** Returns the live sessions, newest first. Throws `not_found`. */
  async list(userId: string): Promise<AccountSessionDto[]> {
    if (!(await this.users.findById(userId))) throw new Problem(PlatformErrors.not_found);
    const sessions = await this.sessions.list({ userId });
    return sessions.map((session) => {
      const { current: _current, ...described } = this.description.of(session, '');
      return described;
    });
  }
}
