import { applyDecorators, Controller, UseGuards } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Public } from '../platform/access/access.decorator.js';
import { LoopbackHostGuard } from './loopback-host.guard.js';

/** A controller of routes for tests. Its handlers are `@Operational()`: neither limited nor recorded. */
export const TestRoutes = (path: string) =>
  applyDecorators(Controller(`test/${path}`), Public(), UseGuards(LoopbackHostGuard), ApiTags('test'));
