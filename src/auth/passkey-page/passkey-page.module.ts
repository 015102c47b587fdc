import { type DynamicModule, Module } from '@nestjs/common';
import type { Environment } from '../../platform/config/environment.js';
import { PasskeyPageController } from './passkey-page.controller.js';

/** Serves the page about passkeys where the documentation is served (`DOCS_ENABLED`). */
@Module({})
export class PasskeyPageModule {
  static with({ DOCS_ENABLED }: Pick<Environment, 'DOCS_ENABLED'>): DynamicModule {
    return { module: PasskeyPageModule, controllers: DOCS_ENABLED ? [PasskeyPageController] : [] };
  }
}
