import { Global, Module } from '@nestjs/common';
import { Drain } from './drain.js';
import { HealthController } from './health.controller.js';
import { Readiness } from './readiness.js';

/** Returns whether the process lives and wants requests, and lets the process say that it is on its way out. */
@Global()
@Module({ controllers: [HealthController], providers: [Drain, Readiness], exports: [Drain, Readiness] })
export class HealthModule {}
