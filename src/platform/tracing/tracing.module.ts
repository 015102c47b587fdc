import { Module } from '@nestjs/common';
import { Tracing } from './tracing.js';

/** Gives the process the one way to start tracing, which does nothing where no collector is named. */
@Module({ providers: [Tracing], exports: [Tracing] })
export class TracingModule {}
