import { Injectable } from '@nestjs/common';

type Library = typeof import('@simplewebauthn/server') & typeof import('@simplewebauthn/server/helpers');

/**
 * Loads the WebAuthn library with the first passkey. It brings parsers of certificates that take a quarter of a second to
 * load, which a start should not wait for.
 */
@Injectable()
export class WebauthnLibrary {
  private loading: Promise<Library> | null = null;

  load(): Promise<Library> {
    return (this.loading ??= loadLibrary());
  }
}

async function loadLibrary(): Promise<Library> {
  const [library, helpers] = await Promise.all([
    import('@simplewebauthn/server'),
    import('@simplewebauthn/server/helpers'),
  ]);
  return { ...library, ...helpers };
}
