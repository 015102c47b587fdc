/** How many authenticator apps an account can have; as many enrolments can be pending. */
export const MAX_APPS = 5;

/** How many passkeys an account can have. */
export const MAX_PASSKEYS = 20;
