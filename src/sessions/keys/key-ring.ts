import { Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { createPublicKey, type KeyObject } from 'node:crypto';
import { Environment } from '../../platform/config/environment.js';
import { Clock } from '../../platform/clock/clock.js';
import { RepeatingTask } from '../../platform/clock/repeating-task.js';
import { KeyRotation } from './key-rotation.js';
import { currentKey, KEY_REFRESH_SECONDS } from './key-schedule.js';
import { PrivateKeyEncryption } from './private-key-encryption.js';
import type { PublicJwk } from './key-material.js';
import type { SigningKey } from './signing-key.entity.js';
import { KeyStore } from './key-store.js';
import { SuppliedKey } from './supplied-key.js';
import { untilAvailable } from '../../platform/database/until-available.js';

/** The minimum time between database reads caused by an unknown `kid`, milliseconds. */
const MISS_INTERVAL_MS = 1000;

/**
 * This process's copy of the keys of the installation. Verification keys are kept in a map, so that
 * `kid: "__proto__"` finds no prototype; an unknown `kid` is refused (RFC 8725 section 3.10).
 */
@Injectable()
export class KeyRing implements OnModuleInit, OnApplicationShutdown {
  /** If a reload fails, the keys that are already loaded stay in use. */
  private readonly refreshing = new RepeatingTask(KeyRing.name, () => this.keepUp(), {
    pauseMs: KEY_REFRESH_SECONDS * 1000,
  });
  /** Changes whenever a key is dropped. */
  generation = 0;
  private rows: SigningKey[] = [];
  private verifiers = new Map<string, KeyObject>();
  private readonly signers = new Map<string, KeyObject>();
  /** The reload that is under way. */
  private running: Promise<boolean> | null = null;
  /** The latest reload that an unknown `kid` caused; it tells whether the keys could be read. */
  private missReload: Promise<boolean> | null = null;
  private lastMissMs = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly keys: KeyStore,
    private readonly rotation: KeyRotation,
    private readonly encryption: PrivateKeyEncryption,
    private readonly supplied: SuppliedKey,
    private readonly environment: Environment,
    private readonly clock: Clock,
  ) {}

  async onModuleInit(): Promise<void> {
    await untilAvailable(() => this.rotation.ensureKey());
    await untilAvailable(() => this.refresh());
    this.signer();
    this.refreshing.startWithPause();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.refreshing.stop();
  }

  /** The public keys, as the JWKS endpoint returns them. */
  publicKeys(): PublicJwk[] {
    return this.rows.map((row) => row.publicJwk);
  }

  /** The current signing key: the supplied one, or the current generated one. */
  signer(): { readonly kid: string; readonly key: KeyObject } {
    if (this.supplied.key) return { kid: this.supplied.kid, key: this.supplied.key };
    const own = this.rows.filter((row) => row.sealedPrivateKey !== null);
    const row = currentKey(own, this.clock.nowMs());
    if (!row?.sealedPrivateKey) throw new Error('No signing key is in force.');
    let key = this.signers.get(row.kid);
    if (!key) {
      key = this.encryption.decrypt(row.sealedPrivateKey, row.kid);
      this.signers.set(row.kid, key);
    }
    return { kid: row.kid, key };
  }

  /** Whether a `kid` is that of a key with which this service verifies, as far as this instance has read. */
  has(kid: string): boolean {
    return this.verifiers.has(kid);
  }

  /**
   * The key of a `kid`, or null. An unknown one may be newer than our copy, so it causes a rate-limited reload, for which all
   * tokens of unknown keys wait. Throws `dependency_unavailable` if that reload failed.
   */
  async verifier(kid: string): Promise<KeyObject | null> {
    const known = this.verifiers.get(kid);
    if (known) return known;
    const nowMs = this.clock.nowMs();
    if (Math.abs(nowMs - this.lastMissMs) >= MISS_INTERVAL_MS) {
      this.lastMissMs = nowMs;
      this.missReload = this.refresh();
    }
    await this.missReload;
    return this.verifiers.get(kid) ?? null;
  }

  /**
   * Reloads the keys; drops a replaced key as soon as its last token has expired. Returns whether there are keys to
   * delete. Joins a reload that is under way, so that no older result replaces a newer one.
   */
  refresh(): Promise<boolean> {
    this.running ??= this.reload().finally(() => {
      this.running = null;
    });
    return this.running;
  }

  private async reload(): Promise<boolean> {
    const rows = await this.keys.all();
    const dead = await this.rotation.dead(rows);
    this.rows = rows.filter((row) => row.algorithm === this.environment.JWT_ALGORITHM && !dead.includes(row));
    const before = this.verifiers;
    this.verifiers = new Map(
      this.rows.map(({ kid, publicJwk }) => [
        kid,
        before.get(kid) ?? createPublicKey({ key: publicJwk, format: 'jwk' }),
      ]),
    );
    if ([...before.keys()].some((kid) => !this.verifiers.has(kid))) this.generation += 1;
    return dead.length > 0;
  }

  private async keepUp(): Promise<void> {
    if (await this.refresh()) await this.rotation.clear();
  }
}
