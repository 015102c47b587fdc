import { type DynamicModule, Module } from '@nestjs/common';
import type { Environment } from '../../platform/config/environment.js';
import { AccountPagesController } from './account-pages.controller.js';

/** Serves the account pages, unless the operator has pages of their own (`ACCOUNT_PAGES_ENABLED=false`). */
@Module({})
export class AccountPagesModule {
  static with({ ACCOUNT_PAGES_ENABLED }: Pick<Environment, 'ACCOUNT_PAGES_ENABLED'>): DynamicModule {
    return {
      module: AccountPagesModule,
      controllers: ACCOUNT_PAGES_ENABLED ? [AccountPagesController] : [],
    };
  }
}
