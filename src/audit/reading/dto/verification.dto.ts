import { ApiProperty } from '@nestjs/swagger';
import { type Fault, FAULT_KINDS, type FaultKind } from '../../verification/fault.js';
import type { Verification } from '../../verification/audit-verification.js';

/** A place where the trail was altered. */
export class FaultDto implements Fault {
  /** The id of an entry, or `seal:` and the number of a seal. */
  @ApiProperty({ example: '019abf6e-3c1a-7d52-9a41-6f0a7e1b2c3d' })
  id: string;

  // Listed here, because the order of a union in the document would depend on the order in which files are compiled.
  @ApiProperty({ enum: FAULT_KINDS, example: 'altered' })
  kind: FaultKind;

  @ApiProperty({ example: 'The entry differs from what was sealed.' })
  detail: string;
}

/** The newest verified seal. Keep a copy elsewhere to detect a later truncation of the trail. */
export class CheckpointDto {
  @ApiProperty({ type: 'integer', example: 4711 })
  number: number;

  @ApiProperty({ format: 'date-time', example: '2026-11-23T09:30:00.000Z' })
  time: string;

  /** SHA-256 of the seal, in hex. */
  @ApiProperty()
  hash: string;

  /** Ed25519 signature over the 32 bytes of the hash, in hex. */
  @ApiProperty()
  signature: string;

  /** The public key for verification: SubjectPublicKeyInfo, DER, base64. */
  @ApiProperty()
  publicKey: string;
}

/** Whether the trail is unchanged, how much of it was verified, and the newest checkpoint. */
export class VerificationDto implements Verification {
  @ApiProperty({ example: true })
  intact: boolean;

  /** How many entries were verified. */
  @ApiProperty({ type: 'integer', example: 1204 })
  entries: number;

  /** How many of them have lost their personal members, because a person was erased. */
  @ApiProperty({ type: 'integer', example: 0 })
  erased: number;

  @ApiProperty({ type: String, format: 'date-time', nullable: true, example: null })
  from: string | null;

  @ApiProperty({ format: 'date-time', example: '2026-11-23T09:30:00.000Z' })
  to: string;

  @ApiProperty({ type: FaultDto, nullable: true, example: null })
  firstFault: FaultDto | null;

  @ApiProperty({ type: CheckpointDto, nullable: true })
  checkpoint: CheckpointDto | null;
}
