/** What is needed of Playwright's `Page`, in Chromium. */
export interface PageInChromium {
  context(): { newCDPSession(page: never): Promise<DevTools> };
}

interface DevTools {
  send(method: never, parameters?: never): Promise<unknown>;
  detach(): Promise<void>;
}

/** A platform authenticator without a person: it makes and uses passkeys for the page at once. */
export interface Authenticator {
  /** How many passkeys it has. */
  count(): Promise<number>;
  /** Whether its user is verified, as by a fingerprint; true at first. */
  verifyUser(isVerified: boolean): Promise<void>;
  /** Takes it away, with its passkeys. */
  remove(): Promise<void>;
}

/** Gives a page an authenticator for passkeys (Chromium's virtual authenticators). */
export async function authenticator(page: PageInChromium): Promise<Authenticator> {
  const devTools = await page.context().newCDPSession(page as never);
  const send = <T>(method: string, parameters: object = {}) =>
    devTools.send(`WebAuthn.${method}` as never, parameters as never) as Promise<T>;
  await send('enable');
  const { authenticatorId } = await send<{ authenticatorId: string }>('addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  return {
    count: async () => {
      const { credentials } = await send<{ credentials: unknown[] }>('getCredentials', { authenticatorId });
      return credentials.length;
    },
    verifyUser: async (isUserVerified) => {
      await send('setUserVerified', { authenticatorId, isUserVerified });
    },
    remove: async () => {
      await send('removeVirtualAuthenticator', { authenticatorId });
      await devTools.detach();
    },
  };
}
