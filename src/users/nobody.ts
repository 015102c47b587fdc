/** An id that no user has, so that an unknown account or token takes the same statements as a known one. */
export const NOBODY = '00000000-0000-7000-8000-000000000000';
