import { OmitType } from '@nestjs/swagger';
import { AuditFilterDto } from '../reading/dto/audit-filter.dto.js';

/** Selects the entries to stream. */
export class AuditStreamDto extends OmitType(AuditFilterDto, ['from', 'to']) {}
