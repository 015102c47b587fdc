import { Injectable } from '@nestjs/common';
import type { KeyObject } from 'node:crypto';
import { AuditService } from '../../audit/audit.service.js';
import { Environment } from '../../platform/config/environment.js';
import { Clock } from '../../platform/clock/clock.js';
import type { Transaction } from '../../platform/database/transaction-runner.js';
import { internalOrigin, type Origin } from '../../platform/http/origin.js';
import { generatePrivateKey, publicJwkOf } from './key-material.js';
import { PrivateKeyEncryption } from './private-key-encryption.js';
import { KeyStore } from './key-store.js';

/** Adds signing keys to the installation and records an event for each. */
@Injectable()
export class KeyMaker {
  constructor(
    private readonly keys: KeyStore,
    private readonly encryption: PrivateKeyEncryption,
    private readonly audit: AuditService,
    private readonly environment: Environment,
    private readonly clock: Clock,
  ) {}

  /** Generates a key pair, which takes seconds for RSA on a busy machine. */
  async generate(): Promise<KeyObject> {
    return generatePrivateKey(this.environment.JWT_ALGORITHM);
  }

  /** Stores a generated key, its private half encrypted. Returns its `kid`. */
  async keep(tx: Transaction, key: KeyObject, signsFrom: Date, origin?: Origin): Promise<string> {
    return this.add(tx, key, signsFrom, (kid) => this.encryption.encrypt(key, kid), origin);
  }

  /** Publishes a supplied key; its private half is not stored. */
  async publish(tx: Transaction, key: KeyObject, signsFrom: Date): Promise<string> {
    return this.add(tx, key, signsFrom, () => null);
  }

  private async add(
    tx: Transaction,
    key: KeyObject,
    signsFrom: Date,
    sealed: (kid: string) => Buffer | null,
    origin = internalOrigin('signing-keys'),
  ) {
    const algorithm = this.environment.JWT_ALGORITHM;
    const publicJwk = publicJwkOf(key, algorithm);
    const { kid } = publicJwk;
    const createdAt = this.clock.now();
    await this.keys.add(tx, {
      kid,
      algorithm,
      publicJwk,
      sealedPrivateKey: sealed(kid),
      createdAt,
      signsFrom,
    });
    await this.audit.record(tx, {
      type: 'signing_key_rotated',
      outcome: 'success',
      origin,
      details: { kid },
    });
    return kid;
  }
}
