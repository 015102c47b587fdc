import { Global, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Environment } from '../config/environment.js';
import { dataSourceOptions } from './data-source-options.js';
import { isDatabaseUnavailable } from './database-problem.js';
import { TransactionRunner } from './transaction-runner.js';

/**
 * The service's pool and its transactions. Migrations ran before the application was built (`migrate.ts`), so a
 * database that does not answer now is tried again for less than the time of a drain: other instances may start too.
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
  providers: [TransactionRunner],
  exports: [TransactionRunner],
})
export class DatabaseModule {}
