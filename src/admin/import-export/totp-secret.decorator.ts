import { ValidateBy, type ValidationOptions } from 'class-validator';
import { isUsableSecret } from '../../auth/credentials/factors/totp/totp-codes.js';

/** Returns a text in base 32 without its padding. */
export const unpadded = (secret: string) => secret.replace(/=+$/, '');

/** Validates the secret of an authenticator app by decoding it: codes of an app that is imported must be checkable later. */
export const IsTotpSecret = (options?: ValidationOptions) =>
  ValidateBy(
    {
      name: 'totpSecret',
      validator: {
        validate: (value: unknown) => typeof value === 'string' && isUsableSecret(unpadded(value)),
        defaultMessage: () => '$property must be a secret of 80 to 512 bits in base 32, or a list of them',
      },
    },
    options,
  );
