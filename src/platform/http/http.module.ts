import { Global, Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { AccessCheck } from './routes/access-check.js';
import { ProblemFilter } from './problems/problem.filter.js';
import { RouteTable } from './routes/route-table.js';
import { SlowRoutes } from './routes/slow-routes.js';

/** Turns errors into problems, and provides the declared routes and the methods of each path. */
@Global()
@Module({
  imports: [DiscoveryModule],
  providers: [AccessCheck, RouteTable, ProblemFilter, SlowRoutes],
  exports: [RouteTable, ProblemFilter, SlowRoutes],
})
export class HttpModule {}
