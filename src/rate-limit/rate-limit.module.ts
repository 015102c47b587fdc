import { Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { getOptionsToken, getStorageToken, type ThrottlerModuleOptions } from '@nestjs/throttler';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AuditModule } from '../audit/audit.module.js';
import { AccountLimit } from './account-limit.js';
import { Admission } from './admission.js';
import { AddressBlock } from './blocks/address-block.entity.js';
import { AddressBlocks } from './blocks/address-blocks.js';
import { AddressBlocksRepository } from './blocks/address-blocks.repository.js';
import { BlockRemoval } from './blocks/block-removal.js';
import { AccountGuessing } from './guessing/account-guessing.js';
import { GuessingRules } from './guessing/guessing-rules.js';
import { LoginFailuresPurge } from './guessing/login-failures-purge.js';
import { LoginFailures } from './guessing/login-failures.entity.js';
import { LoginFailuresRepository } from './guessing/login-failures.repository.js';
import { PolicyCheck } from './policies/policy-check.js';
import { PolicyTable } from './policies/policy-table.js';
import { ForwardAuthPolicies } from './policies/forward-auth-policies.js';
import { RoutePolicies } from './policies/route-policies.js';
import { LimitRefusals } from './limit-refusals.js';
import { FailedLookUpLimit } from './failed-look-up-limit.js';
import { RateLimitDocumentation } from './rate-limit-documentation.js';
import { RateLimitStorage } from './rate-limit-storage.js';
import { RateLimitController } from './rate-limit.controller.js';
import { LeasedWindows } from './windows/leased-windows.js';
import { MemoryWindows } from './windows/memory-windows.js';
import { RedisWindows } from './windows/redis-windows.js';
import { WindowKeys } from './windows/window-keys.js';

/** The policies in the throttler's format, for code written against its options. */
const throttlerOptions = (table: PolicyTable): ThrottlerModuleOptions => ({
  throttlers: table.policies.map(({ name, limit, windowSeconds }) => ({
    name,
    limit,
    ttl: windowSeconds * 1000,
  })),
});

/** Decides whether a request may proceed: windows of policies, login guesses per account, blocked addresses. */
@Module({
  imports: [AuditModule, DiscoveryModule, TypeOrmModule.forFeature([LoginFailures, AddressBlock])],
  controllers: [RateLimitController],
  providers: [
    PolicyCheck,
    PolicyTable,
    RoutePolicies,
    ForwardAuthPolicies,
    WindowKeys,
    MemoryWindows,
    RedisWindows,
    LeasedWindows,
    RateLimitStorage,
    { provide: getStorageToken(), useExisting: RateLimitStorage },
    { provide: getOptionsToken(), useFactory: throttlerOptions, inject: [PolicyTable] },
    AddressBlocks,
    AddressBlocksRepository,
    BlockRemoval,
    GuessingRules,
    LoginFailuresRepository,
    LoginFailuresPurge,
    AccountGuessing,
    LimitRefusals,
    AccountLimit,
    FailedLookUpLimit,
    Admission,
    RateLimitDocumentation,
  ],
  exports: [
    Admission,
    RateLimitDocumentation,
    RoutePolicies,
    ForwardAuthPolicies,
    AccountGuessing,
    GuessingRules,
    AccountLimit,
    FailedLookUpLimit,
    AddressBlocks,
    BlockRemoval,
    MemoryWindows,
    getStorageToken(),
    getOptionsToken(),
  ],
})
export class RateLimitModule {}
