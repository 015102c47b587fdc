/** The response of an authenticator: `credential.toJSON()` in the browser (WebAuthn level 3, section 5.1). */
export interface PasskeyResponse {
  /** The credential, in base64url. */
  readonly id: string;
  readonly clientDataJSON: string;
  /** Only after a registration. */
  readonly attestationObject: string;
  readonly transports: string[];
  /** Only after an authentication. */
  readonly authenticatorData: string;
  readonly signature: string;
  readonly userHandle: string | null;
}

/** What the client data of a response say (WebAuthn level 3, section 5.8.1). */
export interface ClientData {
  readonly origin: string;
  /** Whether the page was in a frame of another origin. */
  readonly isFramed: boolean;
}

/** How browsers reach authenticators (WebAuthn level 3, section 5.8.4). */
export const KNOWN_TRANSPORTS = ['ble', 'cable', 'hybrid', 'internal', 'nfc', 'smart-card', 'usb'];

/**
 * Reads a response. Members that are not known are ignored, because browsers add some; members that are missing or of
 * another type are empty, so that the verification fails.
 */
export function readPasskeyResponse(value: object): PasskeyResponse {
  const { id, response } = value as { id?: unknown; response?: unknown };
  const inner = isObject(response) ? response : {};
  const transports = inner['transports'];
  return {
    id: text(id),
    clientDataJSON: text(inner['clientDataJSON']),
    attestationObject: text(inner['attestationObject']),
    transports: Array.isArray(transports) ? KNOWN_TRANSPORTS.filter((name) => transports.includes(name)) : [],
    authenticatorData: text(inner['authenticatorData']),
    signature: text(inner['signature']),
    userHandle: inner['userHandle'] == null ? null : text(inner['userHandle']),
  };
}

/** Reads the client data; null if they are not what a browser writes. */
export function clientDataOf({ clientDataJSON }: Pick<PasskeyResponse, 'clientDataJSON'>): ClientData | null {
  try {
    const data: unknown = JSON.parse(Buffer.from(clientDataJSON, 'base64url').toString('utf8'));
    if (!isObject(data) || typeof data['origin'] !== 'string') return null;
    return { origin: data['origin'], isFramed: data['crossOrigin'] === true || data['topOrigin'] != null };
  } catch {
    return null;
  }
}

/** Whether a value is a JSON object. */
export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const text = (value: unknown) => (typeof value === 'string' ? value : '');
