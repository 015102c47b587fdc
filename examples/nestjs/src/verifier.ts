import { createVerifier } from '@portcullis/verify';

const { PORTCULLIS_URL = 'http://localhost:3000', PORTCULLIS_KEY } = process.env;

/** One for the process. With a key that has the scope revocations:read, it knows within two seconds what has ended. */
export const verifier = createVerifier({
  issuer: PORTCULLIS_URL,
  audience: 'portcullis',
  revocations: PORTCULLIS_KEY ? { key: PORTCULLIS_KEY } : undefined,
});
