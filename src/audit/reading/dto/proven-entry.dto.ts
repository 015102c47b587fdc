import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type { ExportedProof, ProvenEntry } from '../proven-entry.js';
import { AuditEntryDto } from './audit-entry.dto.js';

const SALT = { example: '9f86d081884c7d659a2feaa0c55ad015' } as const;
const COMMITMENT = { example: '2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae' } as const;

/** What proves the personal members of an entry: a salt or, where they are erased or withheld, the commitment. */
export class EntryProofDto implements ExportedProof {
  @ApiPropertyOptional(SALT)
  originSalt?: string;

  @ApiPropertyOptional(COMMITMENT)
  originCommitment?: string;

  @ApiPropertyOptional(SALT)
  detailsSalt?: string;

  @ApiPropertyOptional(COMMITMENT)
  detailsCommitment?: string;
}

/** An entry as exported. Entries of format 1 have no proof; see docs/audit-format.md. */
export class ProvenEntryDto extends AuditEntryDto implements ProvenEntry {
  @ApiProperty({ type: EntryProofDto, required: false })
  proof?: EntryProofDto;
}
