import { IntersectionType } from '@nestjs/swagger';
import { PageQueryDto } from '../../../platform/http/page-query.dto.js';
import { AuditFilterDto } from './audit-filter.dto.js';

/** Which entries to list, and from where on. */
export class AuditListDto extends IntersectionType(AuditFilterDto, PageQueryDto) {}
