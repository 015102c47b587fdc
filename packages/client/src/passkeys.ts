import { base64urlOf, bytesOf } from './base64url.js';
import type { SignedIn, Transport } from './types.js';

/** The ceremonies of passkeys, in pages only. They reject with the browser's error where the user cancels. */
export interface Passkeys<T extends Transport = Transport> {
  /** Registers a passkey for the signed-in user. `recoveryCodes` are those of the first factor, null after. */
  add(name?: string): Promise<AddedPasskey>;
  /**
   * Signs in without a password; with the token of a login's challenge, as its second factor. An offer in the autofill that is
   * still pending then rejects with `AbortError`, as it does when a passkey is added or proves who is signed in.
   */
  signIn(options?: PasskeySignIn): Promise<SignedIn<T>>;
  /** Proves again who is signed in. */
  stepUp(): Promise<SignedIn<T>>;
}

/** What registering a passkey answers. */
export interface AddedPasskey {
  readonly factor: { readonly id: string; readonly type: 'passkey'; readonly name: string };
  readonly recoveryCodes: readonly string[] | null;
}

/** How to sign in by a passkey. */
export interface PasskeySignIn {
  /** `challenge.token` of a login that needs a second factor. */
  readonly challenge?: string | undefined;
  /** Body transport only: that of an earlier login, if another client or process has made it. */
  readonly deviceToken?: string | undefined;
  /** `conditional` offers passkeys in the browser's autofill. */
  readonly mediation?: 'conditional' | 'optional' | 'required' | undefined;
  readonly signal?: AbortSignal | undefined;
}

type Post = (path: string, body: object) => Promise<unknown>;

/** The requests of a client. */
export interface PasskeyRequests {
  /** Sends a POST by the rules of its route: some begin a session or renew its tokens. */
  readonly post: Post;
  /** Sends one that says nothing of who is signed in. */
  readonly postAnonymously: Post;
  readonly refresh: () => Promise<unknown>;
}

interface Ceremony {
  readonly challenge: string;
  readonly options: Record<string, unknown>;
}

/** The parts of the Credential Management API that are used here; not every compiler knows them. */
interface Credentials {
  create(options: object): Promise<unknown>;
  get(options: object): Promise<unknown>;
}

const container = () =>
  (globalThis as unknown as { navigator: { credentials: Credentials } }).navigator.credentials;

const begin = async (ask: Post, body: object) => (await ask('/auth/passkey/options', body)) as Ceremony;

async function assertion({ challenge, options }: Ceremony, rest: object = {}) {
  const credential = await container().get({ publicKey: requestOptions(options), ...rest });
  return { challenge, response: responseOf(credential) };
}

/** The helpers for passkeys over the requests of a client. */
export function passkeysOf({ post, postAnonymously, refresh }: PasskeyRequests): Passkeys {
  let offer: AbortController | null = null;
  /** A browser asks for one passkey at a time, and an offer in the autofill may still be pending. */
  const endOffer = () => offer?.abort();
  return {
    async add(name) {
      endOffer();
      const { challenge, options } = (await post('/users/me/factors/passkeys/options', {})) as Ceremony;
      const credential = await container().create({ publicKey: creationOptions(options) });
      const body = { challenge, response: responseOf(credential), ...(name !== undefined && { name }) };
      return (await post('/users/me/factors/passkeys', body)) as AddedPasskey;
    },
    async signIn({ challenge, deviceToken, mediation, signal } = {}) {
      endOffer();
      offer = mediation === 'conditional' ? new AbortController() : null;
      const signals = [offer?.signal, signal].filter((one) => one !== undefined);
      const rest = { ...(mediation && { mediation }), signal: AbortSignal.any(signals) };
      // With a session, the service would ask for a proof of it.
      const proof = {
        ...(await assertion(
          await begin(postAnonymously, challenge === undefined ? {} : { challenge }),
          rest,
        )),
        ...(deviceToken !== undefined && { deviceToken }),
      };
      const answer =
        challenge === undefined
          ? post('/auth/passkey', proof)
          : post('/auth/login/factor', { method: 'passkey', ...proof });
      return (await answer) as SignedIn;
    },
    async stepUp() {
      endOffer();
      let ceremony = await begin(post, {});
      if (!namesPasskeys(ceremony)) {
        await refresh();
        ceremony = await begin(post, {});
      }
      const proof = await assertion(ceremony);
      return (await post('/auth/step-up', { method: 'passkey', ...proof })) as SignedIn;
    },
  };
}

/** The options of a sign-in name none. They are also what the service answers to a step-up whose token has expired. */
const namesPasskeys = ({ options }: Ceremony) =>
  ((options['allowCredentials'] ?? []) as unknown[]).length > 0;

interface Descriptor {
  readonly id: string;
}

const described = (list: unknown) =>
  ((list ?? []) as Descriptor[]).map((one) => ({ ...one, id: bytesOf(one.id) }));

/** WebAuthn level 3, section 5.1.8, for browsers without `parseCreationOptionsFromJSON`. */
function creationOptions(json: Record<string, unknown>): object {
  const user = json['user'] as { id: string };
  return {
    ...json,
    challenge: bytesOf(json['challenge'] as string),
    user: { ...user, id: bytesOf(user.id) },
    excludeCredentials: described(json['excludeCredentials']),
  };
}

/** WebAuthn level 3, section 5.1.9. */
function requestOptions(json: Record<string, unknown>): object {
  return {
    ...json,
    challenge: bytesOf(json['challenge'] as string),
    allowCredentials: described(json['allowCredentials']),
  };
}

interface Credential {
  readonly id: string;
  readonly type: string;
  readonly authenticatorAttachment?: string | null;
  readonly response: Readonly<Record<string, unknown>> & { getTransports?: () => string[] };
  getClientExtensionResults(): object;
}

const BINARY = ['clientDataJSON', 'attestationObject', 'authenticatorData', 'signature', 'userHandle'];

/** What `toJSON` of a credential gives, for browsers without it (Safari before 18.4). */
function responseOf(value: unknown): object {
  const credential = value as Credential;
  const { response } = credential;
  const binary = BINARY.filter((name) => response[name]).map((name) => [
    name,
    base64urlOf(response[name] as ArrayBuffer),
  ]);
  return {
    id: credential.id,
    rawId: credential.id,
    type: credential.type,
    authenticatorAttachment: credential.authenticatorAttachment ?? undefined,
    clientExtensionResults: credential.getClientExtensionResults(),
    response: {
      ...(Object.fromEntries(binary) as object),
      ...(response.getTransports && { transports: response.getTransports() }),
    },
  };
}
