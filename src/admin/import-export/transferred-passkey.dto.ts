import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsString,
  Max,
  Min,
  ValidateBy,
} from 'class-validator';
import { IsFactorName } from '../../auth/credentials/factors/factor-name.decorator.js';
import { PASSKEY_BYTES } from '../../auth/credentials/factors/passkeys/passkey-bounds.js';
import { KNOWN_TRANSPORTS } from '../../auth/credentials/factors/passkeys/passkey-response.js';

/**
 * One byte or more in base64url. Of the spellings that decode to the same bytes, only the canonical one is accepted
 * (RFC 4648 section 3.5).
 */
const IsBytes = (most: number) =>
  ValidateBy({
    name: 'bytes',
    validator: {
      validate: (value: unknown) => {
        if (typeof value !== 'string') return false;
        const bytes = Buffer.from(value, 'base64url');
        return bytes.length > 0 && bytes.length <= most && bytes.toString('base64url') === value;
      },
      defaultMessage: () => `$property must be 1 to ${most} bytes in base64url`,
    },
  });

/** The public half of a passkey, as it is exported and imported. Nobody can sign in with it. */
export class TransferredPasskeyDto {
  @IsFactorName() name: string;
  @IsBytes(PASSKEY_BYTES.credentialId) credentialId: string;
  @IsBytes(PASSKEY_BYTES.publicKey) publicKey: string;
  @IsBytes(PASSKEY_BYTES.userHandle) userHandle: string;
  @IsInt() @Min(0) @Max(2 ** 32 - 1) counter: number;
  @IsArray()
  @ArrayMaxSize(KNOWN_TRANSPORTS.length)
  @IsIn(KNOWN_TRANSPORTS, { each: true })
  transports: string[];
  @IsBoolean() synced: boolean;
  /** The domain for which it was made. */
  @IsString() rpId: string;
}
