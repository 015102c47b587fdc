import { Global, Module } from '@nestjs/common';
import { Leadership } from './leadership.js';

/** Elects the instance that does the work meant for only one of them. */
@Global()
@Module({ providers: [Leadership], exports: [Leadership] })
export class LeaderModule {}
