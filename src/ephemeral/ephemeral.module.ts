import { type DynamicModule, Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { AuthModule } from '../auth/auth.module.js';
import { RateLimitModule } from '../rate-limit/rate-limit.module.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { UsersModule } from '../users/users.module.js';
import { TestFactors } from './people/test-factors.js';
import { TestUsersController } from './people/test-users.controller.js';
import { TestUsers } from './people/test-users.service.js';
import { BrowserCookies } from './sessions/browser-cookies.js';
import { TestProofs } from './sessions/test-proofs.js';
import { TestSessionsController } from './sessions/test-sessions.controller.js';
import { TestSessions } from './sessions/test-sessions.service.js';
import { DateHeader } from './time/date-header.js';
import { MovableClock } from './time/movable-clock.js';
import { TestClockController } from './time/test-clock.controller.js';
import { TestClock } from './time/test-clock.service.js';
import { TestResetController } from './time/test-reset.controller.js';
import { TracesOfTestsRepository } from './time/traces-of-tests.repository.js';

/** What a throwaway service for tests has beside every other: people and sessions for the asking, and a clock that moves. */
@Module({})
export class EphemeralModule {
  /** @param clock the one that the whole service goes by */
  static with(clock: MovableClock): DynamicModule {
    return {
      module: EphemeralModule,
      imports: [AuditModule, RateLimitModule, UsersModule, SessionsModule, AuthModule],
      controllers: [TestUsersController, TestSessionsController, TestClockController, TestResetController],
      providers: [
        { provide: MovableClock, useValue: clock },
        BrowserCookies,
        DateHeader,
        TestClock,
        TestFactors,
        TestProofs,
        TestSessions,
        TestUsers,
        TracesOfTestsRepository,
      ],
    };
  }
}
