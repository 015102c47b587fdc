/** What the keys of all copies of accounts in Redis begin with. */
export const ACCOUNT_KEYS = 'portcullis:account:';

/** The key of the copy of an account. */
export const accountKey = (userId: string) => ACCOUNT_KEYS + userId;
