import { Global, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Environment } from '../config/environment.js';
import { dataSourceOptions } from './data-source-options.js';
import { isDatabaseUnavailable } from './database-problem.js';
import { RetentionClock } from './retention-clock.js';
import { TransactionRunner } from './transaction-runner.js';

/**
 * The service's pool, its transactions, and the clock of deletions. Migrations ran before the application was built
 * (`migrate.ts`). If the database does not respond now, because other instances may be starting too, the connection is
 * retried for less time than a drain may take.
 */
@Global()
@Module({
  imports: [
    TypeOrmModule.forRootAsync({
      inject: [Environment],
      useFactory: (environment: Environment) => ({
        ...dataSourceOptions(environment, 'service'),
        autoLoadEntities: true,
        retryAttempts: 10,
        retryDelay: 1000,
        toRetry: isDatabaseUnavailable,
      }),
    }),
  ],
  providers: [RetentionClock, TransactionRunner],
  exports: [RetentionClock, TransactionRunner],
})
export class DatabaseModule {}
