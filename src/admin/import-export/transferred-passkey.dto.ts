import { ArrayMaxSize, IsArray, IsBoolean, IsIn, IsInt, IsString, Matches, Max, Min } from 'class-validator';
import { IsFactorName } from '../../auth/credentials/factors/factor-name.decorator.js';
import { KNOWN_TRANSPORTS } from '../../auth/credentials/factors/passkeys/passkey-response.js';

/** Bytes in base64url, at most so many characters. */
const IsBytes = (characters: number) =>
  Matches(new RegExp(`^[\\w-]{1,${characters}}$`), { message: '$property must be bytes in base64url' });

/** The public half of a passkey, as it is exported and imported. Nobody can sign in with it. */
export class TransferredPasskeyDto {
  @IsFactorName() name: string;
  /** At most 1023 bytes (WebAuthn level 3, section 5.1). */
  @IsBytes(1364) credentialId: string;
  /** In COSE. */
  @IsBytes(2048) publicKey: string;
  /** At most 64 bytes. */
  @IsBytes(86) userHandle: string;
  @IsInt() @Min(0) @Max(2 ** 32 - 1) counter: number;
  @IsArray()
  @ArrayMaxSize(KNOWN_TRANSPORTS.length)
  @IsIn(KNOWN_TRANSPORTS, { each: true })
  transports: string[];
  @IsBoolean() synced: boolean;
  /** The domain for which it was made. */
  @IsString() rpId: string;
}
