import { Type } from 'class-transformer';
import { IsInt, IsOptional, IsString, IsUUID, Max, MaxLength, Min } from 'class-validator';

/** Query parameters of the caught mailbox. */
export class CaughtMailboxQueryDto {
  /** Only mails to this address. */
  @IsOptional()
  @IsString()
  @MaxLength(254)
  to?: string;

  /** Only mails caught after the one with this id. */
  @IsOptional()
  @IsUUID()
  after?: string;

  /** Seconds to wait for an e-mail if there is none yet. */
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(0)
  @Max(30)
  wait: number = 0;
}
