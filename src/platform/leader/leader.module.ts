import { Global, Module } from '@nestjs/common';
import { Leadership } from './leadership.js';

/** Elects one instance for the work that only one is to do. */
@Global()
@Module({ providers: [Leadership], exports: [Leadership] })
export class LeaderModule {}
