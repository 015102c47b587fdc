import { IntersectionType } from '@nestjs/swagger';
import { PageQueryDto } from '../../../platform/http/validation/page-query.dto.js';
import { AuditFilterDto } from './audit-filter.dto.js';

/** Selects the entries and the page to list. */
export class AuditListDto extends IntersectionType(AuditFilterDto, PageQueryDto) {}
