import { type DynamicModule, Module, type ModuleMetadata } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_PIPE, DiscoveryModule } from '@nestjs/core';
import { ImportExportModule } from '../admin/import-export/import-export.module.js';
import { AdminModule } from '../admin/admin.module.js';
import { AuditModule } from '../audit/audit.module.js';
import { AuthModule } from '../auth/auth.module.js';
import { AccountPagesModule } from '../auth/pages/account-pages.module.js';
import { PasskeyPageModule } from '../auth/passkey-page/passkey-page.module.js';
import { GatewayModule } from '../gateway/gateway.module.js';
import { AuthenticationGuard } from '../sessions/guards/authentication.guard.js';
import { AuthorizationGuard } from '../sessions/guards/authorization.guard.js';
import { CrossSiteCheck } from '../sessions/guards/cross-site-check.js';
import { CsrfGuard } from '../sessions/guards/csrf.guard.js';
import { MachinesModule } from '../machines/machines.module.js';
import { MonitoringModule } from '../monitoring/monitoring.module.js';
import { BackgroundTasks } from '../platform/background/background-tasks.js';
import { type Clock, SystemClock } from '../platform/clock/clock.js';
import { ClockModule } from '../platform/clock/clock.module.js';
import { ConfigModule } from '../platform/config/config.module.js';
import type { Environment } from '../platform/config/environment.js';
import { CryptoModule } from '../platform/crypto/crypto.module.js';
import { DatabaseModule } from '../platform/database/database.module.js';
import { HealthModule } from '../platform/health/health.module.js';
import { HttpModule } from '../platform/http/http.module.js';
import { ProblemFilter } from '../platform/http/problems/problem.filter.js';
import { ReadableBodyGuard } from '../platform/http/bodies/readable-body.guard.js';
import { StrictValidationPipe } from '../platform/http/validation/validation.pipe.js';
import { LeaderModule } from '../platform/leader/leader.module.js';
import { LoggingModule } from '../platform/logging/logging.module.js';
import { MailModule } from '../platform/mail/mail.module.js';
import { OutboxModule } from '../platform/outbox/outbox.module.js';
import { SecretKeysModule } from '../platform/secret-keys/secret-keys.module.js';
import { SecretsModule } from '../platform/secrets/secrets.module.js';
import { RedisModule } from '../platform/redis/redis.module.js';
import { TracingModule } from '../platform/tracing/tracing.module.js';
import { RateLimitSubjectGuard } from '../sessions/guards/rate-limit-subject.guard.js';
import { RateLimitGuard } from '../rate-limit/rate-limit.guard.js';
import { RateLimitModule } from '../rate-limit/rate-limit.module.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { UsersModule } from '../users/users.module.js';

/**
 * The order in which every request is processed; no other global guard, pipe or filter is registered. The caller is
 * identified before the rate limits, which count by caller. Authorisation comes after them, so that refused requests
 * cost no query; only the first ones of a caller who names an address look up its owner for the record.
 */
export const PIPELINE = [
  { provide: APP_GUARD, useExisting: CrossSiteCheck },
  { provide: APP_GUARD, useExisting: AuthenticationGuard },
  { provide: APP_GUARD, useExisting: RateLimitSubjectGuard },
  { provide: APP_GUARD, useClass: RateLimitGuard },
  { provide: APP_GUARD, useExisting: CsrfGuard },
  { provide: APP_GUARD, useExisting: AuthorizationGuard },
  { provide: APP_GUARD, useClass: ReadableBodyGuard },
  { provide: APP_PIPE, useClass: StrictValidationPipe },
  { provide: APP_FILTER, useExisting: ProblemFilter },
];

/** What a composition may have of its own. */
export interface Parts {
  /** Modules beside those of the service. */
  readonly modules?: NonNullable<ModuleMetadata['imports']>;
  /** The machine's clock by default. */
  readonly clock?: Clock;
}

const PLATFORM = [
  CryptoModule,
  TracingModule,
  LoggingModule,
  HttpModule,
  DatabaseModule,
  RedisModule,
  LeaderModule,
  SecretKeysModule,
  HealthModule,
  OutboxModule,
  SecretsModule,
];

/** The composition root. */
@Module({})
export class AppModule {
  static with(
    environment: Environment,
    { modules = [], clock = new SystemClock() }: Parts = {},
  ): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ConfigModule.with(environment),
        ClockModule.with(clock),
        ...PLATFORM,
        MailModule.with(environment),
        AuditModule,
        RateLimitModule,
        UsersModule,
        SessionsModule,
        AuthModule,
        AccountPagesModule.with(environment),
        PasskeyPageModule.with(environment),
        MachinesModule,
        GatewayModule,
        AdminModule,
        ImportExportModule,
        MonitoringModule,
        ...modules,
        DiscoveryModule,
      ],
      providers: [...PIPELINE, BackgroundTasks],
    };
  }
}
