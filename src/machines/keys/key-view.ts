import { Injectable } from '@nestjs/common';
import { Clock } from '../../platform/clock/clock.js';
import type { ApiKey } from './api-key.entity.js';
import { ApiKeysRepository } from './api-keys.repository.js';
import type { ApiKeyDto, NewApiKeyDto } from './api-keys.dto.js';
import type { IssuedKey } from './key-issuing.js';
import type { KeyOwner } from './key-owner.js';
import { KeyUse } from './key-use.js';

/** Shows keys to those who manage them. */
@Injectable()
export class KeyView {
  constructor(
    private readonly keys: ApiKeysRepository,
    private readonly use: KeyUse,
    private readonly clock: Clock,
  ) {}

  /** Returns the active keys of an owner, newest first. */
  async list(owner: KeyOwner): Promise<ApiKeyDto[]> {
    const keys = await this.keys.findLiving(owner, this.clock.now());
    return keys.map((key) => this.shown(key));
  }

  /** Returns a new key with its text. */
  issued({ key, text }: IssuedKey): NewApiKeyDto {
    return Object.assign(this.shown(key), { key: text });
  }

  private shown(key: ApiKey): ApiKeyDto {
    return {
      id: key.id,
      name: key.name,
      scopes: key.scopes,
      hint: key.hint,
      createdAt: key.createdAt.toISOString(),
      expiresAt: key.expiresAt.toISOString(),
      lastUsedAt: this.use.of(key)?.toISOString() ?? null,
    };
  }
}
