import { type DynamicModule, Module } from '@nestjs/common';
import { AuditModule } from '../audit/audit.module.js';
import { AuthModule } from '../auth/auth.module.js';
import { GatewayModule } from '../gateway/gateway.module.js';
import { MachinesModule } from '../machines/machines.module.js';
import { MonitoringModule } from '../monitoring/monitoring.module.js';
import { RateLimitModule } from '../rate-limit/rate-limit.module.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { UsersModule } from '../users/users.module.js';
import { AdminKey } from './machines/admin-key.js';
import { EveryScope } from './machines/every-scope.js';
import { KeysOfTestsRepository } from './machines/keys-of-tests.repository.js';
import { ResetKeys } from './machines/reset-keys.js';
import { StartLine } from './machines/start-line.js';
import { TestKeys } from './machines/test-keys.js';
import { TestCredentials } from './people/test-credentials.js';
import { TestFactors } from './people/test-factors.js';
import { TestUsersController } from './people/test-users.controller.js';
import { TestUsers } from './people/test-users.js';
import { BrowserCookies } from './sessions/browser-cookies.js';
import { TestProofs } from './sessions/test-proofs.js';
import { TestSessionsController } from './sessions/test-sessions.controller.js';
import { TestSessions } from './sessions/test-sessions.js';
import { DateHeader } from './time/date-header.js';
import { MovableClock } from './time/movable-clock.js';
import { TestClockController } from './time/test-clock.controller.js';
import { TestClock } from './time/test-clock.js';
import { TestReset } from './time/test-reset.js';
import { TestResetController } from './time/test-reset.controller.js';
import { TracesOfTestsRepository } from './time/traces-of-tests.repository.js';

/** What only a throwaway service for tests has: routes that create people and sessions, and move the clock. */
@Module({})
export class EphemeralModule {
  /**
   * @param clock the clock of the whole service
   * @param line completed while the service starts
   */
  static with(clock: MovableClock, line: StartLine): DynamicModule {
    return {
      module: EphemeralModule,
      imports: [
        AuditModule,
        RateLimitModule,
        UsersModule,
        SessionsModule,
        AuthModule,
        MachinesModule,
        GatewayModule,
        MonitoringModule,
      ],
      controllers: [TestUsersController, TestSessionsController, TestClockController, TestResetController],
      providers: [
        { provide: MovableClock, useValue: clock },
        { provide: StartLine, useValue: line },
        AdminKey,
        BrowserCookies,
        DateHeader,
        EveryScope,
        KeysOfTestsRepository,
        ResetKeys,
        TestClock,
        TestCredentials,
        TestFactors,
        TestKeys,
        TestProofs,
        TestReset,
        TestSessions,
        TestUsers,
        TracesOfTestsRepository,
      ],
    };
  }
}
