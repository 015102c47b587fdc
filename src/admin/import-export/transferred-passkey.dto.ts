import { ArrayMaxSize, IsArray, IsBoolean, IsIn, IsInt, IsString, Matches, Max, Min } from 'class-validator';
import { IsFactorName } from '../../auth/credentials/factors/factor-name.decorator.js';
import { PASSKEY_BYTES } from '../../auth/credentials/factors/passkeys/passkey-bounds.js';
import { KNOWN_TRANSPORTS } from '../../auth/credentials/factors/passkeys/passkey-response.js';

/** At most so many bytes in base64url. */
const IsBytes = (most: number) =>
  Matches(new RegExp(`^[\\w-]{1,${Math.ceil((most * 4) / 3)}}$`), {
    message: '$property must be bytes in base64url',
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
