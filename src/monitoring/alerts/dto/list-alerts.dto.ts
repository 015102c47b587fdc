import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional, Matches } from 'class-validator';
import { PageQueryDto } from '../../../platform/http/validation/page-query.dto.js';
import { ALERT_STATES, type AlertState } from '../alert.entity.js';
import { SEVERITIES, type Severity } from '../severity.js';

/** Query parameters of the list of alerts. */
export class ListAlertsDto extends PageQueryDto {
  /** Only alerts in this state. */
  @ApiPropertyOptional({ enum: ALERT_STATES })
  @IsOptional()
  @IsIn(ALERT_STATES)
  state?: AlertState;

  /** Only alerts of this rule, for example `credential_stuffing`. */
  @ApiPropertyOptional({ pattern: '^[a-z_]{1,64}$' })
  @IsOptional()
  @Matches(/^[a-z_]{1,64}$/, { message: '$property must be the name of a rule' })
  rule?: string;

  /** Only alerts of this severity. */
  @ApiPropertyOptional({ enum: SEVERITIES })
  @IsOptional()
  @IsIn(SEVERITIES)
  severity?: Severity;
}
