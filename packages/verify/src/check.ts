import type { IncomingMessage } from 'node:http';
import { credentialOf, type IncomingFields } from './credential.js';
import { assertMeets, type Requirements } from './requirements.js';
import type { Verified, Verifier } from './verifier.js';

/** Finds and verifies the token of a request. Rejects with a `VerificationError`. */
export async function check(
  verifier: Verifier,
  requirements: Requirements,
  request: IncomingFields,
): Promise<Verified> {
  const caller = await verifier.verify(credentialOf(request, verifier.site, requirements));
  assertMeets(caller, requirements, verifier.now());
  return caller;
}

/** The raw fields of a request of Node.js, where a repeated one is not hidden. */
export function fieldsOf({ method = 'GET', rawHeaders }: IncomingMessage): IncomingFields {
  return {
    method,
    values: (name) =>
      rawHeaders.filter((_value, index) => index % 2 === 1 && rawHeaders[index - 1]!.toLowerCase() === name),
  };
}
