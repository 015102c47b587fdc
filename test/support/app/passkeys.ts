import { isoCBOR } from '@simplewebauthn/server/helpers';
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import type { Tokens } from './accounts.js';
import type { TestApp } from './test-app.js';

/** What the service sends to a browser: the token of the challenge, and the options. */
export interface Ceremony {
  readonly challenge: string;
  readonly options: {
    readonly challenge: string;
    readonly rp?: { readonly id: string };
    readonly rpId?: string;
    readonly user?: { readonly id: string };
    readonly userVerification?: string;
    readonly allowCredentials?: { readonly id: string }[];
    readonly excludeCredentials?: { readonly id: string }[];
  };
}

/** What a forged response has in place of the true values. */
export interface Forgery {
  readonly type?: string;
  readonly origin?: string;
  readonly rpId?: string;
  readonly challenge?: string;
  readonly crossOrigin?: boolean;
  readonly topOrigin?: string;
  readonly userPresent?: boolean;
  readonly userVerified?: boolean;
  readonly counter?: number;
  readonly signature?: Buffer;
  readonly userHandle?: string | null;
  readonly id?: string;
  /** Bytes of a member of the public key that has no meaning. */
  readonly keyPadding?: number;
  readonly statement?: { readonly fmt: string; readonly attStmt: Map<string, unknown> };
}

/**
 * An authenticator and its browser, as far as the service can tell, that also does what these never do. ES256, and a counter
 * that rises unless it is told otherwise.
 */
export class SoftwareAuthenticator {
  readonly credentialId: Buffer;
  userHandle = '';
  counter = 0;
  private readonly publicKey: KeyObject;
  private readonly privateKey: KeyObject;

  constructor(
    private readonly origin = 'http://localhost:3000',
    idBytes = 16,
  ) {
    this.credentialId = randomBytes(idBytes);
    ({ publicKey: this.publicKey, privateKey: this.privateKey } = generateKeyPairSync('ec', {
      namedCurve: 'P-256',
    }));
  }

  get id(): string {
    return this.credentialId.toString('base64url');
  }

  /** Answers the options of a registration. */
  create({ options }: Ceremony, forged: Forgery = {}): object {
    this.userHandle = options.user!.id;
    const clientData = this.clientData('webauthn.create', options.challenge, forged);
    const { x, y } = this.publicKey.export({ format: 'jwk' });
    const key = isoCBOR.encode(
      new Map<number, number | Uint8Array>([
        [1, 2],
        [3, -7],
        [-1, 1],
        [-2, bytesOf(x!)],
        [-3, bytesOf(y!)],
        ...(forged.keyPadding === undefined ? [] : [[-9, new Uint8Array(forged.keyPadding)] as const]),
      ]),
    );
    const length = Buffer.alloc(2);
    length.writeUInt16BE(this.credentialId.length);
    const attested = Buffer.concat([Buffer.alloc(16), length, this.credentialId, Buffer.from(key)]);
    const authData = Buffer.concat([
      this.authenticatorData(options.rp!.id, { counter: 0, ...forged }, 0x40),
      attested,
    ]);
    const { fmt, attStmt } = forged.statement ?? { fmt: 'none', attStmt: new Map() };
    const attestation = new Map<string, unknown>([
      ['fmt', fmt],
      ['attStmt', attStmt],
      ['authData', new Uint8Array(authData)],
    ]);
    return this.credential(forged.id ?? this.id, {
      clientDataJSON: clientData.toString('base64url'),
      attestationObject: Buffer.from(isoCBOR.encode(attestation as never)).toString('base64url'),
      transports: ['internal', 'from-the-future'],
    });
  }

  /** Answers the options of an authentication. */
  get({ options }: Ceremony, forged: Forgery = {}): object {
    const clientData = this.clientData('webauthn.get', options.challenge, forged);
    this.counter = forged.counter ?? this.counter + 1;
    const authData = this.authenticatorData(options.rpId!, { counter: this.counter, ...forged });
    const signed = Buffer.concat([authData, sha256(clientData)]);
    return this.credential(forged.id ?? this.id, {
      clientDataJSON: clientData.toString('base64url'),
      authenticatorData: authData.toString('base64url'),
      signature: (forged.signature ?? sign('sha256', signed, this.privateKey)).toString('base64url'),
      userHandle: forged.userHandle === undefined ? this.userHandle : forged.userHandle,
    });
  }

  private clientData(type: string, challenge: string, forged: Forgery): Buffer {
    const { crossOrigin = false, topOrigin } = forged;
    return Buffer.from(
      JSON.stringify({
        type: forged.type ?? type,
        challenge: forged.challenge ?? challenge,
        origin: forged.origin ?? this.origin,
        crossOrigin,
        ...(topOrigin !== undefined && { topOrigin }),
      }),
    );
  }

  private authenticatorData(rpId: string, forged: Forgery, flags = 0): Buffer {
    const { userPresent = true, userVerified = true, counter = 0 } = forged;
    const tail = Buffer.alloc(5);
    tail[0] = flags | (userPresent ? 0x01 : 0) | (userVerified ? 0x04 : 0);
    tail.writeUInt32BE(counter, 1);
    return Buffer.concat([sha256(Buffer.from(forged.rpId ?? rpId)), tail]);
  }

  private credential(id: string, response: object): object {
    const aFutureMember = { largeBlob: { supported: true } };
    return {
      id,
      rawId: id,
      type: 'public-key',
      authenticatorAttachment: 'platform',
      clientExtensionResults: aFutureMember,
      response: { ...response, aFutureMember },
    };
  }
}

const sha256 = (data: Buffer) => createHash('sha256').update(data).digest();
const bytesOf = (text: string) => new Uint8Array(Buffer.from(text, 'base64url'));

/** Begins the registration of a passkey in a session. */
export async function beginPasskey(
  { call }: TestApp,
  { accessToken }: Pick<Tokens, 'accessToken'>,
): Promise<Ceremony> {
  const answer = await call({ url: '/users/me/factors/passkeys/options', token: accessToken, body: {} });
  if (answer.statusCode !== 200)
    throw new Error(`options were answered ${answer.statusCode}: ${answer.body}`);
  return answer.json<Ceremony>();
}

/** Registers a passkey in a session; returns its authenticator and what the service answered. */
export async function registerPasskey(
  app: TestApp,
  session: Pick<Tokens, 'accessToken'>,
  authenticator = new SoftwareAuthenticator(),
): Promise<{ authenticator: SoftwareAuthenticator; id: string; recoveryCodes: string[] | null }> {
  const begun = await beginPasskey(app, session);
  const answer = await app.call({
    url: '/users/me/factors/passkeys',
    token: session.accessToken,
    body: { challenge: begun.challenge, name: 'Laptop', response: authenticator.create(begun) },
  });
  if (answer.statusCode !== 201)
    throw new Error(`registration was answered ${answer.statusCode}: ${answer.body}`);
  const { factor, recoveryCodes } = answer.json<{ factor: { id: string }; recoveryCodes: string[] | null }>();
  return { authenticator, id: factor.id, recoveryCodes };
}

/** Begins an authentication by passkey: of a login's challenge, of a session, or of nobody yet. */
export async function beginAuthentication(
  { call }: TestApp,
  { challenge, token }: { readonly challenge?: string; readonly token?: string } = {},
): Promise<Ceremony> {
  const body = challenge === undefined ? {} : { challenge };
  const answer = await call({
    url: '/auth/passkey/options',
    body,
    ...(token !== undefined && { token }),
  });
  if (answer.statusCode !== 200)
    throw new Error(`options were answered ${answer.statusCode}: ${answer.body}`);
  return answer.json<Ceremony>();
}
