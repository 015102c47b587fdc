import { Injectable } from '@nestjs/common';
import type { SessionPrincipal } from '../../platform/access/principal.js';
import { KeyRing } from '../keys/key-ring.js';

/** Tokens remembered; the least recently verified leaves first. About 1.5 KB each. */
const CAPACITY = 10_000;

/** Found by the end of its signature, since a whole token is hashed anew at each look-up, which costs a microsecond. */
const KEY_LENGTH = 43;

interface Verified {
  readonly token: string;
  readonly principal: SessionPrincipal;
}

/**
 * Tokens whose signature this process has verified, so that a client's next thousand requests cost a look-up each.
 * A signature does not expire: the caller checks the time. Everything is forgotten when a key is dropped.
 */
@Injectable()
export class VerifiedTokens {
  private readonly known = new Map<string, Verified>();
  private generation = 0;

  constructor(private readonly keys: KeyRing) {}

  /** The holder of a token that was verified before, also of one that has expired since. */
  get(token: string): SessionPrincipal | null {
    if (this.generation !== this.keys.generation) this.forgetAll();
    const found = this.known.get(token.slice(-KEY_LENGTH));
    if (found?.token !== token) return null;
    return found.principal;
  }

  add(token: string, principal: SessionPrincipal): void {
    if (this.known.size >= CAPACITY) {
      for (const oldest of this.known.keys()) {
        this.known.delete(oldest);
        break;
      }
    }
    this.known.set(token.slice(-KEY_LENGTH), { token, principal });
  }

  private forgetAll(): void {
    this.known.clear();
    this.generation = this.keys.generation;
  }
}
