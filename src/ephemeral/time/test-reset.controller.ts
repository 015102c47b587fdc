import { HttpCode, Post } from '@nestjs/common';
import { ApiNoContentResponse, ApiOperation } from '@nestjs/swagger';
import { Operational } from '../../platform/http/routes/operational.decorator.js';
import { TestRoutes } from '../test-routes.decorator.js';
import { TestClock } from './test-clock.js';
import { TestReset } from './test-reset.js';

/** Makes the service as new. */
@TestRoutes('reset')
export class TestResetController {
  constructor(
    private readonly everything: TestReset,
    private readonly clock: TestClock,
  ) {}

  /** Removes people, sessions, mails, counts and guesses, and goes back to real time. Signing keys and the trail stay. */
  @Post()
  @HttpCode(204)
  @Operational()
  @ApiOperation({ operationId: 'resetTests', summary: 'Start afresh' })
  @ApiNoContentResponse({ description: 'The service is as it was after its start.' })
  async reset(): Promise<void> {
    await this.everything.empty();
    if (this.clock.isMoved) await this.clock.reset();
  }
}
