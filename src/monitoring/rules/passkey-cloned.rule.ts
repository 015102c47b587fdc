import { type Rule, ONCE, ofUser } from './rule.js';

/** A passkey signed with a counter that had been used: somebody has a copy of its key. */
export function passkeyCloned(): Rule {
  return {
    name: 'passkey_cloned',
    severity: 'critical',
    quietSeconds: null,
    events: ['authn_passkey_cloned'],
    documentation: {
      trueWhen: 'the signature counter of a passkey does not rise',
      why: 'another copy of the key is in use; the sign-in was refused',
    },
    limit: ONCE,
    observe: ofUser,
    holds: () => true,
    evidence: (_figures, { entry: { details } }) => ({
      factorId: details?.factorId,
      counter: details?.counter,
      storedCounter: details?.storedCounter,
    }),
    summary: () => 'A passkey was used whose signature counter had not risen; a copy of it may be in use.',
  };
}
