import { Body, Post } from '@nestjs/common';
import { ApiCreatedResponse, ApiOperation } from '@nestjs/swagger';
import type { Origin } from '../../platform/http/origin.js';
import { Operational } from '../../platform/http/routes/operational.decorator.js';
import { Problems } from '../../platform/http/openapi/problems.decorator.js';
import { ClientOrigin } from '../../platform/http/request.decorators.js';
import { UsersErrors } from '../../users/users.errors.js';
import { TestRoutes } from '../test-routes.decorator.js';
import { MakeUsersDto, TestUsersDto } from './test-users.dto.js';
import { TestUsers } from './test-users.js';

/** Makes people. */
@TestRoutes('users')
export class TestUsersController {
  constructor(private readonly people: TestUsers) {}

  /** Makes people, and answers what is needed to sign in as each. No mail is sent and no alert is raised. */
  @Post()
  @Operational()
  @ApiOperation({ operationId: 'makeTestUsers', summary: 'Make people' })
  @ApiCreatedResponse({ type: TestUsersDto })
  @Problems(UsersErrors.email_taken)
  async make(@Body() body: MakeUsersDto, @ClientOrigin() origin: Origin): Promise<TestUsersDto> {
    const wanted = {
      email: body.email ?? undefined,
      password: body.password ?? undefined,
      verified: body.verified ?? true,
      roles: body.roles ?? [],
      totp: body.totp ?? false,
      apiKey: body.apiKey ?? false,
      count: body.count ?? 1,
    };
    return { items: await this.people.make(wanted, origin) };
  }
}
