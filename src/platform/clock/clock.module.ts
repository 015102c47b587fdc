import { Global, Module } from '@nestjs/common';
import { Clock, SystemClock } from './clock.js';

/** Gives every module the one clock, which a test replaces in one place. */
@Global()
@Module({ providers: [{ provide: Clock, useClass: SystemClock }], exports: [Clock] })
export class ClockModule {}
