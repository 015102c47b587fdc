import 'reflect-metadata';
import { Body, Controller, Post } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { IsString } from 'class-validator';
import { describe, expect, it } from 'vitest';
import { Environment } from '../../platform/config/environment.js';
import { RateLimit } from '../rate-limit.decorator.js';
import { PolicyCheck } from './policy-check.js';
import { PolicyTable } from './policy-table.js';

class Credentials {
  @IsString()
  email: string;

  @IsString()
  refreshToken: string;
}

@Controller('good')
class Good {
  @Post('login')
  @RateLimit('login', 'login-address', { email: 'email' })
  login(@Body() _body: Credentials) {}

  @Post('refresh')
  @RateLimit('refresh', { refreshToken: 'refreshToken' })
  refresh(@Body() _body: Credentials) {}

  @Post('register')
  @RateLimit('register')
  register() {}
}

@Controller('bad')
class WithoutAccount {
  @Post('login')
  @RateLimit('login')
  login(@Body() _body: Credentials) {}
}

@Controller('bad')
class WithoutSession {
  @Post('refresh')
  @RateLimit('refresh', { email: 'email' })
  refresh(@Body() _body: Credentials) {}
}

@Controller('bad')
class Mistyped {
  @Post('login')
  @RateLimit('login', { email: 'mail' })
  login(@Body() _body: Credentials) {}
}

@Controller('bad')
class WithoutBody {
  @Post('login')
  @RateLimit('login', { email: 'email' })
  login() {}
}

async function start(controller: new () => object, variables: Partial<Environment> = {}): Promise<void> {
  const environment = Object.assign(new Environment(), { RATE_LIMIT_DEFAULT: '100/60' }, variables);
  const module = await Test.createTestingModule({
    imports: [DiscoveryModule],
    controllers: [controller],
    providers: [PolicyCheck, PolicyTable, { provide: Environment, useValue: environment }],
  }).compile();
  await module.init();
  await module.close();
}

describe('the start', () => {
  it('succeeds when every policy gets its key', async () => {
    await expect(start(Good)).resolves.toBeUndefined();
  });

  it.each([
    [
      'by account on a route that names no member',
      WithoutAccount,
      'POST /bad/login: policy "login" cannot get its key: @RateLimit() names no member for "email".',
    ],
    [
      'by session on a route that names none',
      WithoutSession,
      'POST /bad/refresh: policy "refresh" cannot get its key: @RateLimit() names no member for "refreshToken".',
    ],
    [
      'by a member that the body does not have',
      Mistyped,
      'POST /bad/login: policy "login" cannot get its key: @RateLimit() names "mail" for "email", which the body does not have.',
    ],
    [
      'by a member of a body that the route does not take',
      WithoutBody,
      'POST /bad/login: policy "login" cannot get its key: @RateLimit() names "email" for "email", which the body does not have.',
    ],
  ])('fails with a policy %s', async (_what, controller, message) => {
    await expect(start(controller)).rejects.toThrow(message);
  });

  it('fails even if the operator has switched the policy off', async () => {
    await expect(start(WithoutAccount, { RATE_LIMIT_LOGIN: 'off' })).rejects.toThrow('policy "login"');
  });
});
