import { Injectable } from '@nestjs/common';
import type {
  AuthenticatorTransport,
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
} from '@simplewebauthn/server';
import type { User } from '../../../../users/user.entity.js';
import type { Passkey } from './passkey.entity.js';
import { PASSKEY_BYTES } from './passkey-bounds.js';
import { clientDataOf, type PasskeyResponse } from './passkey-response.js';
import type { NewPasskey } from './passkey-rows.js';
import { CeremonyChallenge } from './ceremony-challenge.js';
import { RelyingParty } from './relying-party.js';
import { WebauthnLibrary } from './webauthn-library.js';

/** EdDSA, ES256 and RS256, which together every authenticator has. */
const ALGORITHMS = [-8, -7, -257];

const TIMEOUT_MS = 5 * 60_000;

/** A credential that was created for a challenge of ours. */
export type CreatedCredential = Omit<NewPasskey, 'userId' | 'name' | 'userHandle'> & {
  readonly userVerified: boolean;
};

/** The account for which a passkey is created. */
export interface PasskeyAccount {
  readonly user: Pick<User, 'email' | 'displayName'>;
  readonly userHandle: Buffer;
  readonly existing: readonly Passkey[];
}

/** A valid signature of a passkey over a challenge of ours. Its counter is not checked yet. */
export interface VerifiedAssertion {
  readonly counter: number;
  readonly synced: boolean;
  readonly userVerified: boolean;
}

/** The two ceremonies of WebAuthn level 3, section 7: registration and authentication. Stores nothing. */
@Injectable()
export class PasskeyCeremonies {
  constructor(
    private readonly library: WebauthnLibrary,
    private readonly party: RelyingParty,
    private readonly challenges: CeremonyChallenge,
  ) {}

  /** Options to create a passkey; the browser excludes authenticators that hold one of `existing`. */
  async creationOptions(
    token: string,
    { user, userHandle, existing }: PasskeyAccount,
  ): Promise<PublicKeyCredentialCreationOptionsJSON> {
    const rpID = this.party.id;
    const { generateRegistrationOptions } = await this.library.load();
    return generateRegistrationOptions({
      rpName: this.party.name,
      rpID,
      userID: new Uint8Array(userHandle),
      userName: user.email,
      userDisplayName: user.displayName ?? user.email,
      challenge: this.challenges.bytesOf(token),
      timeout: TIMEOUT_MS,
      attestationType: 'none',
      excludeCredentials: existing.map(descriptorOf),
      authenticatorSelection: { residentKey: 'preferred', userVerification: 'preferred' },
      supportedAlgorithmIDs: ALGORITHMS,
    });
  }

  /** Options to sign with one of `allowed`, or with any passkey of the user's choice if there are none. */
  async requestOptions(
    token: string,
    allowed: readonly Passkey[],
    userVerification: 'required' | 'preferred',
  ): Promise<PublicKeyCredentialRequestOptionsJSON> {
    const rpID = this.party.id;
    const { generateAuthenticationOptions } = await this.library.load();
    return generateAuthenticationOptions({
      rpID,
      challenge: this.challenges.bytesOf(token),
      timeout: TIMEOUT_MS,
      allowCredentials: allowed.map(descriptorOf),
      userVerification,
    });
  }

  /** Returns null for a response that is not a new credential of a user who was present, for this challenge. */
  async verifyCreation(token: string, response: PasskeyResponse): Promise<CreatedCredential | null> {
    const expected = this.expected(token, response);
    if (!expected) return null;
    const library = await this.library.load();
    try {
      const statement = Buffer.from(response.attestationObject, 'base64url');
      // We trust no manufacturer, so certificates would be parsed for nothing (GHSA-6hxq-p678-4hr2).
      const decoded = library.decodeAttestationObject(new Uint8Array(statement));
      if (!['none', 'packed'].includes(decoded.get('fmt')) || decoded.get('attStmt').get('x5c')) return null;
      const { clientDataJSON, attestationObject } = response;
      const result = await library.verifyRegistrationResponse({
        ...expected,
        response: { ...frame(response), response: { clientDataJSON, attestationObject } },
        requireUserVerification: false,
        supportedAlgorithmIDs: ALGORITHMS,
      });
      if (!result.verified || !result.registrationInfo) return null;
      const { credential, userVerified, credentialBackedUp: synced } = result.registrationInfo;
      if (credential.id !== response.id) return null;
      const credentialId = Buffer.from(credential.id, 'base64url');
      const publicKey = Buffer.from(credential.publicKey);
      if (credentialId.length > PASSKEY_BYTES.credentialId || publicKey.length > PASSKEY_BYTES.publicKey)
        return null;
      return {
        credentialId,
        publicKey,
        counter: credential.counter,
        transports: response.transports,
        synced,
        userVerified,
      };
    } catch {
      return null;
    }
  }

  /**
   * Returns null for a response that this passkey did not sign for this challenge, or without a present user, or, if that
   * is required, without a verified one.
   */
  async verifyAssertion(
    token: string,
    response: PasskeyResponse,
    passkey: Passkey,
    requireUserVerification: boolean,
  ): Promise<VerifiedAssertion | null> {
    const expected = this.expected(token, response);
    if (!expected) return null;
    const { verifyAuthenticationResponse } = await this.library.load();
    const { clientDataJSON, authenticatorData, signature } = response;
    try {
      const { verified, authenticationInfo } = await verifyAuthenticationResponse({
        ...expected,
        response: { ...frame(response), response: { clientDataJSON, authenticatorData, signature } },
        // The library compares counters before it verifies the signature; a forged response must not pass for a cloned key.
        credential: { id: response.id, publicKey: new Uint8Array(passkey.publicKey), counter: 0 },
        requireUserVerification,
      });
      if (!verified) return null;
      const { newCounter: counter, credentialBackedUp: synced, userVerified } = authenticationInfo;
      return { counter, synced, userVerified };
    } catch {
      return null;
    }
  }

  /** What a response must contain; null if it is from a page that may not use our passkeys. */
  private expected(token: string, response: PasskeyResponse) {
    const expectedRPID = this.party.id;
    const data = clientDataOf(response);
    if (!data || data.isFramed || !this.party.allows(data.origin)) return null;
    return {
      expectedChallenge: (signed: string) => this.challenges.isOf(token, signed),
      expectedOrigin: data.origin,
      expectedRPID,
    };
  }
}

const frame = ({ id }: PasskeyResponse) =>
  ({ id, rawId: id, type: 'public-key', clientExtensionResults: {} }) as const;

const descriptorOf = ({ credentialId, transports }: Passkey) => ({
  id: credentialId.toString('base64url'),
  transports: transports as AuthenticatorTransport[],
});
