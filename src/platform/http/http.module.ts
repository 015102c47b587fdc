import { Global, Module } from '@nestjs/common';
import { ProblemFilter } from './problem.filter.js';
import { RouteTable } from './route-table.js';

@Global()
@Module({ providers: [RouteTable, ProblemFilter], exports: [RouteTable, ProblemFilter] })
export class HttpModule {}
