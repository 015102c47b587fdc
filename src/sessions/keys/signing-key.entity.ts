import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { PublicJwk } from './key-material.js';

/** A key pair that signs access tokens, or did until recently. */
@Entity('signing_keys')
export class SigningKey {
  /** JWK thumbprint (RFC 7638), so that a key has the same name wherever it is loaded. */
  @PrimaryColumn('text', { primaryKeyConstraintName: 'signing_keys_pkey' })
  kid: string;

  @Column('text')
  algorithm: string;

  @Column('jsonb', { name: 'public_jwk' })
  publicJwk: PublicJwk;

  /** Encrypted under the master secret; null for a key that the environment supplies. */
  @Column('bytea', { name: 'sealed_private_key', nullable: true })
  sealedPrivateKey: Buffer | null;

  /**
   * The identifier of the master secret that encrypts it; null for a supplied key, and in rows of the previous
   * version.
   */
  @Column('text', { name: 'sealed_with', nullable: true })
  sealedWith: string | null;

  /** HMAC which proves that this installation created the row; null in rows of the previous version. */
  @Column('bytea', { nullable: true })
  mac: Buffer | null;

  @Column({ type: 'timestamptz', name: 'created_at', precision: 3 })
  createdAt: Date;

  /** When the key starts to sign. It is published earlier, so that no verifier receives a token with an unknown key. */
  @Column({ type: 'timestamptz', name: 'signs_from', precision: 3 })
  signsFrom: Date;
}
