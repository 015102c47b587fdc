import { Module } from '@nestjs/common';
import { Tracing } from './tracing.js';

/** Provides tracing, which does nothing when no collector is configured. */
@Module({ providers: [Tracing], exports: [Tracing] })
export class TracingModule {}
