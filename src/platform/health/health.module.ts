import { Global, Module } from '@nestjs/common';
import { LeaderModule } from '../leader/leader.module.js';
import { Drain } from './drain.js';
import { HealthController } from './health.controller.js';
import { PostgresqlSilence } from './postgresql-silence.js';
import { Readiness } from './readiness.js';

/** Returns whether the process lives and wants requests, and lets the process say that it is on its way out. */
@Global()
@Module({
  imports: [LeaderModule],
  controllers: [HealthController],
  providers: [Drain, PostgresqlSilence, Readiness],
  exports: [Drain, PostgresqlSilence, Readiness],
})
export class HealthModule {}
