import { Global, Module } from '@nestjs/common';
import { LeaderModule } from '../leader/leader.module.js';
import { ClockDifference } from './clock-difference.js';
import { Drain } from './drain.js';
import { HealthController } from './health.controller.js';
import { PostgresqlSilence } from './postgresql-silence.js';
import { Readiness } from './readiness.js';

/** Reports whether the process is alive and ready and whether its clock is right, and marks it as draining. */
@Global()
@Module({
  imports: [LeaderModule],
  controllers: [HealthController],
  providers: [ClockDifference, Drain, PostgresqlSilence, Readiness],
  exports: [Drain, PostgresqlSilence, Readiness],
})
export class HealthModule {}
