import 'reflect-metadata';
import { Controller, Get } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { expect, it } from 'vitest';
import { Public, SignedIn } from '../../access/access.decorator.js';
import { AccessCheck } from './access-check.js';

@Controller('declared')
@SignedIn()
class Declared {
  @Get('mine')
  mine() {}

  @Get('open')
  @Public()
  open() {}
}

@Controller('forgotten')
class Forgotten {
  @Get('open')
  @Public()
  open() {}

  @Get('secret')
  secret() {}
}

async function start(controller: new () => object): Promise<void> {
  const module = await Test.createTestingModule({
    imports: [DiscoveryModule],
    controllers: [controller],
    providers: [AccessCheck],
  }).compile();
  await module.init();
  await module.close();
}

it('the start fails when a route does not declare who may call it', async () => {
  await expect(start(Declared)).resolves.toBeUndefined();
  await expect(start(Forgotten)).rejects.toThrow('GET /forgotten/secret: declares none of @Public()');
});
