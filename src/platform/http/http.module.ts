import { Global, Module } from '@nestjs/common';
import { ProblemFilter } from './problem.filter.js';
import { RouteTable } from './route-table.js';

/** Turns whatever is thrown into a problem, and knows which methods an address answers. */
@Global()
@Module({ providers: [RouteTable, ProblemFilter], exports: [RouteTable, ProblemFilter] })
export class HttpModule {}
