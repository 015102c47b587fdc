import { Body, HttpCode, Post } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { PlatformErrors } from '../../platform/errors/platform.errors.js';
import { Problem } from '../../platform/errors/problem.js';
import { unacceptable } from '../../platform/errors/unacceptable.js';
import { Operational } from '../../platform/http/routes/operational.decorator.js';
import { Problems } from '../../platform/http/openapi/problems.decorator.js';
import { TestRoutes } from '../test-routes.decorator.js';
import { ClockDto, MoveClockDto } from './clock.dto.js';
import { durationMs } from './duration.js';
import { TestClock } from './test-clock.js';

/** Moves the time of the whole service. */
@TestRoutes('clock')
export class TestClockController {
  constructor(private readonly clock: TestClock) {}

  /**
   * Moves the clock forward (`advance`), sets it (`now`), or goes back to real time (neither), which ends the sessions that
   * were made later and empties the windows of the limits. Answers when all that had become due has been done.
   */
  @Post()
  @HttpCode(200)
  @Operational()
  @ApiOperation({ operationId: 'moveTestClock', summary: 'Move the clock' })
  @ApiOkResponse({ type: ClockDto })
  @Problems(PlatformErrors.validation_failed)
  async move(@Body() { advance, now }: MoveClockDto): Promise<ClockDto> {
    if (advance != null && now != null) throw together();
    if (advance != null) await this.clock.move((clock) => clock.advance(durationMs(advance)!));
    else if (now != null) await this.clock.move((clock) => clock.set(Date.parse(now)));
    else await this.clock.reset();
    return { now: this.clock.now.toISOString() };
  }
}

function together(): Problem {
  const detail = 'now must not be given together with advance';
  return unacceptable('#/now', detail);
}
