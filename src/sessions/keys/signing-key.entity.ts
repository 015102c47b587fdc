import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { PublicJwk } from './key-material.js';

/** A key pair that signs access tokens, or did until recently. */
@Entity('signing_keys')
export class SigningKey {
  /** JWK thumbprint (RFC 7638): a key has one name wherever it is loaded. */
  @PrimaryColumn('text', { primaryKeyConstraintName: 'signing_keys_pkey' })
  kid: string;

  @Column('text')
  algorithm: string;

  @Column('jsonb', { name: 'public_jwk' })
  publicJwk: PublicJwk;

  /** Encrypted under the master secret; null for a key that the environment supplies. */
  @Column('bytea', { name: 'sealed_private_key', nullable: true })
  sealedPrivateKey: Buffer | null;

  /** The name of the master secret that encrypts it; null for a supplied key, and in rows of the previous version. */
  @Column('text', { name: 'sealed_with', nullable: true })
  sealedWith: string | null;

  /** Proof by the master secret that this installation made the row; null in rows of the previous version. */
  @Column('bytea', { nullable: true })
  mac: Buffer | null;

  @Column({ type: 'timestamptz', name: 'created_at', precision: 3 })
  createdAt: Date;

  /** Published before this, used from here on, so that no verifier meets a key that it cannot know yet. */
  @Column({ type: 'timestamptz', name: 'signs_from', precision: 3 })
  signsFrom: Date;
}
