import { Transform, Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayUnique,
  IsArray,
  IsBoolean,
  IsIn,
  ValidateBy,
  ValidateNested,
} from 'class-validator';
import { MAX_APPS, MAX_PASSKEYS } from '../../auth/credentials/factors/factor-limits.js';
import { IsTotpSecret } from './totp-secret.decorator.js';
import { LOCALES, type Locale } from '../../platform/access/locale.js';
import { ROLES, type Role } from '../../platform/access/principal.js';
import { isUuid } from '../../platform/crypto/uuid.js';
import { IfPresent } from '../../platform/http/validation/if-present.decorator.js';
import { IsTime } from '../../platform/http/validation/time.decorator.js';
import { IsDisplayName } from '../../users/display-name.decorator.js';
import { IsAccountEmail } from '../../users/email.decorator.js';
import { NOBODY } from '../../users/nobody.js';
import { TransferredPasskeyDto } from './transferred-passkey.dto.js';

/** More than anybody has, so that a row is bounded. */
const MOST = 100;

/** PostgreSQL accepts ids in any case and returns them in lower case; this service compares them as text. */
const LowerCase = () =>
  Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? value.toLowerCase() : value));

/** An id under which the service finds an account: it takes the nil UUID, for example, for none. */
const IsAccountId = () =>
  ValidateBy({
    name: 'accountId',
    validator: {
      validate: (value: unknown) => typeof value === 'string' && isUuid(value) && value !== NOBODY,
      defaultMessage: () => '$property must be a UUID of an account',
    },
  });

/** One line of a file of accounts, as it is imported and exported. */
export class ImportedAccountDto {
  /** Kept if given. */
  @IfPresent() @LowerCase() @IsAccountId() id?: string;
  @IsAccountEmail() email: string;
  @IfPresent() @IsDisplayName() displayName?: string;
  @IfPresent() @IsBoolean() emailVerified?: boolean;
  @IfPresent() @IsArray() @ArrayUnique() @IsIn(ROLES, { each: true }) roles?: Role[];
  @IfPresent() @IsIn(LOCALES) locale?: Locale;
  @IfPresent() @IsTime() createdAt?: string;
  @IfPresent() @IsBoolean() disabled?: boolean;
  /** Whether its owner has yet to accept it, before which nothing signs anybody in. */
  @IfPresent() @IsBoolean() invited?: boolean;
  /** A hash of another system (see `parseForeignHash`), or one of this service: `{ pepperId, hash }`. */
  @IfPresent() passwordHash?: unknown;
  /** In base 32, as many as an account can have. */
  @IfPresent()
  @IsArray()
  @ArrayMaxSize(MAX_APPS)
  @IsTotpSecret({ each: true })
  totpSecret?: string[];
  /** As many as an account can have. */
  @IfPresent()
  @IsArray()
  @ArrayMaxSize(MAX_PASSKEYS)
  @ArrayUnique((passkey: TransferredPasskeyDto | null) => passkey?.credentialId)
  @ValidateNested({ each: true })
  @Type(() => TransferredPasskeyDto)
  passkeys?: TransferredPasskeyDto[];
  /** Digests of unused codes, with the id of the master secret that made them. Valid only with `id`. */
  @IfPresent() @IsArray() @ArrayMaxSize(MOST) recoveryCodes?: unknown[];
}

/** An unused recovery code. */
export interface TransferredRecoveryCode {
  readonly keyId: string;
  /** Hex. */
  readonly digest: string;
}
