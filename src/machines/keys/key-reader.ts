import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { MachinePrincipal } from '../../platform/access/principal.js';
import type { Origin } from '../../platform/http/origin.js';
import { AddressBlocks } from '../../rate-limit/blocks/address-blocks.js';
import { type BearerReader, BearerReaders } from '../../sessions/tokens/bearer-readers.js';
import { TokenRefused } from '../../sessions/tokens/token-refused.js';
import { KeyDigests } from './key-digests.js';
import { beginsLikeKey, isWellFormedKey } from './key-format.js';
import { KeyUse } from './key-use.js';
import { ApiKeyCache, type RejectedKey } from './api-key-cache.js';

/** Reads API keys as bearer tokens. */
@Injectable()
export class KeyReader implements BearerReader, OnModuleInit {
  constructor(
    private readonly readers: BearerReaders,
    private readonly digests: KeyDigests,
    private readonly cache: ApiKeyCache,
    private readonly use: KeyUse,
    private readonly blocks: AddressBlocks,
  ) {}

  onModuleInit(): void {
    this.readers.register(this);
  }

  accepts(token: string): boolean {
    return beginsLikeKey(token);
  }

  /**
   * A wrong checksum is refused without a look-up, as a forged token. Keys that are not accepted are all refused alike. For a
   * blocked network, only keys in use are known: its requests are refused in any case, and anyone can make keys with a right
   * checksum.
   */
  async read(token: string, { network }: Pick<Origin, 'network'>): Promise<MachinePrincipal> {
    if (!isWellFormedKey(token)) throw new TokenRefused('bad_signature');
    const digest = this.digests.of(token);
    const found =
      this.blocks.secondsLeft(network) > 0
        ? this.cache.remembered(digest)
        : await this.cache.find(digest, () => this.digests.allOf(token), network);
    if (!('caller' in found)) throw refusalOf(found);
    const { caller } = found;
    this.use.note(caller.keyId);
    return caller;
  }
}

/** Returns the refusal of a key that is not accepted, which names the key if it is a known one. */
export function refusalOf({ keyId, userId, serviceAccountId, fault }: RejectedKey): TokenRefused {
  if (keyId === null) return new TokenRefused(fault);
  const usedKey = { keyId, ...(serviceAccountId !== null && { serviceAccountId }) };
  return new TokenRefused(fault, usedKey, userId);
}
