import { OmitType } from '@nestjs/swagger';
import { AuditFilterDto } from '../reading/dto/audit-filter.dto.js';

/** Which entries are wanted as they come. */
export class AuditStreamDto extends OmitType(AuditFilterDto, ['from', 'to']) {}
