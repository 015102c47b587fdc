import { Injectable } from '@nestjs/common';
import type { KeyObject } from 'node:crypto';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import { EntrySigner } from '../entry/entry-signer.js';
import { type Seal, sealDigest, type SealEnd, sealHash } from './seal.js';
import { isSignedWith, publicSealKey, SealKey, type Signed } from './seal-key.js';
import { SealsRepository } from './seals.repository.js';

/** A public key that signed seals until a change of the master secret. */
interface FormerKey {
  readonly publicKey: KeyObject;
  /** The text of the key, as seals contain it. */
  readonly text: string;
  /** The number of the seal that changed it; the key signed only seals before. */
  readonly until: number;
}

type Coded = Pick<SealEnd, 'number' | 'hash' | 'signature'> & Pick<Seal, 'mac'>;

/**
 * Decides whether the service made a seal. Seals of a known master secret prove it by their code. Those of a secret that
 * is gone prove it by their signature: the seal that changed the key names the former one, and is itself proven, so that
 * one known secret proves all seals before.
 */
@Injectable()
export class SealTrust {
  private former: readonly FormerKey[] = [];

  constructor(
    private readonly seals: SealsRepository,
    private readonly signer: EntrySigner,
    private readonly key: SealKey,
  ) {}

  /** Learns the former keys. Before that, only seals of known secrets are recognised. */
  async load(tx?: Transaction): Promise<void> {
    const changes = await this.seals.withKeyChange(tx);
    if (changes.length === this.former.length) return;
    const former: FormerKey[] = [];
    for (const seal of changes.toReversed()) {
      const { keyChange, number, hash } = seal;
      if (!keyChange || sealHash(seal) !== hash || !(this.isCoded(seal) || isSignedBy(former, seal)))
        continue;
      const publicKey = publicSealKey(keyChange.from);
      if (isSignedWith(publicKey, { hash, signature: keyChange.signature }))
        former.push({ publicKey, text: keyChange.from, until: number });
    }
    this.former = former;
  }

  /** Returns the id of the known master secret that made a seal's code; null if none did. */
  madeWith(seal: Coded): string | null {
    return this.signer.madeWith(sealDigest(seal), seal.mac);
  }

  /** Whether the service made a seal, also with a former key that was not loaded yet. */
  async recognises(seal: Coded, tx?: Transaction): Promise<boolean> {
    if (this.isCoded(seal)) return true;
    await this.load(tx);
    return isSignedBy(this.former, seal);
  }

  /** Whether the service made a seal. */
  isGenuine(seal: Coded): boolean {
    return this.isCoded(seal) || isSignedBy(this.former, seal);
  }

  /** Whether the service signed a checkpoint. */
  isOurs(checkpoint: Signed & Pick<Seal, 'number'>): boolean {
    return this.key.isOurs(checkpoint) || isSignedBy(this.former, checkpoint);
  }

  /** Returns the public key for the signature of a genuine seal. */
  publicKeyOf(seal: Coded): string {
    const id = this.madeWith(seal);
    if (id !== null) return this.key.publicKeyOf(id);
    return this.former.find((key) => isSignedBy([key], seal))!.text;
  }

  private isCoded(seal: Coded): boolean {
    return this.madeWith(seal) !== null;
  }
}

function isSignedBy(keys: readonly FormerKey[], seal: Signed & Pick<Seal, 'number'>): boolean {
  return keys.some(({ publicKey, until }) => seal.number < until && isSignedWith(publicKey, seal));
}
