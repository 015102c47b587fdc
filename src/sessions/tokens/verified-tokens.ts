import { Injectable } from '@nestjs/common';
import { BoundedMap } from '../../platform/memory/bounded-map.js';
import { KeyRing } from '../keys/key-ring.js';
import type { TokenHolder } from './access-token-claims.js';

/** The number of remembered tokens, about 1.5 KB each; the one verified longest ago is dropped first. */
const CAPACITY = 10_000;

/** Keyed by the end of the signature, because hashing a whole token at each look-up would cost a microsecond. */
const KEY_LENGTH = 43;

interface Verified {
  readonly token: string;
  readonly holder: TokenHolder;
}

/**
 * Tokens whose signature this process has verified, so that a client's further requests cost one look-up each. The
 * caller checks the times of the token. All tokens are dropped when a key is dropped.
 */
@Injectable()
export class VerifiedTokens {
  private readonly known = new BoundedMap<string, Verified>(CAPACITY);
  private generation = 0;

  constructor(private readonly keys: KeyRing) {}

  /** The holder of a token that was already verified, even if it has expired since. */
  get(token: string): TokenHolder | null {
    if (this.generation !== this.keys.generation) this.forgetAll();
    const found = this.known.get(token.slice(-KEY_LENGTH));
    if (found?.token !== token) return null;
    return found.holder;
  }

  add(token: string, holder: TokenHolder): void {
    this.known.set(token.slice(-KEY_LENGTH), { token, holder });
  }

  private forgetAll(): void {
    this.known.clear();
    this.generation = this.keys.generation;
  }
}
