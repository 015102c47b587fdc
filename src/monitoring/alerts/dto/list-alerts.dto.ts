import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional, Matches } from 'class-validator';
import { PageQueryDto } from '../../../platform/http/page-query.dto.js';
import { ALERT_STATES, type AlertState } from '../alert.entity.js';
import { SEVERITIES, type Severity } from '../severity.js';

/** Which alerts to list, and from where on. */
export class ListAlertsDto extends PageQueryDto {
  @ApiPropertyOptional({ enum: ALERT_STATES, example: 'open' })
  @IsOptional()
  @IsIn(ALERT_STATES)
  state?: AlertState;

  /** The name of a rule. */
  @ApiPropertyOptional({ pattern: '^[a-z_]{1,64}$', example: 'credential_stuffing' })
  @IsOptional()
  @Matches(/^[a-z_]{1,64}$/, { message: '$property must be the name of a rule' })
  rule?: string;

  @ApiPropertyOptional({ enum: SEVERITIES, example: 'critical' })
  @IsOptional()
  @IsIn(SEVERITIES)
  severity?: Severity;
}
