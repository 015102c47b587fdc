/** The kinds of second factors, as the API names them. */
export type FactorType = 'totp' | 'passkey';

/** What sessions store for a recovery code, which belongs to no factor. */
export const RECOVERY_CODE = 'recovery_code';
