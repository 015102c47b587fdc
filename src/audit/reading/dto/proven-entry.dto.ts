import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type { ExportedProof, ProvenEntry } from '../proven-entry.js';
import { AuditEntryDto } from './audit-entry.dto.js';

const HEX = { example: '9f86d081884c7d659a2feaa0c55ad015' } as const;

/** What proves the personal members of an entry: a salt or, where they are erased or withheld, the commitment. */
export class EntryProofDto implements ExportedProof {
  @ApiPropertyOptional(HEX)
  originSalt?: string;

  @ApiPropertyOptional()
  originCommitment?: string;

  @ApiPropertyOptional(HEX)
  detailsSalt?: string;

  @ApiPropertyOptional()
  detailsCommitment?: string;
}

/** An entry as exported. Entries of format 1 have no proof; see docs/audit-format.md. */
export class ProvenEntryDto extends AuditEntryDto implements ProvenEntry {
  @ApiProperty({ type: EntryProofDto, required: false })
  proof?: EntryProofDto;
}
