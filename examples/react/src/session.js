import { createClient, isProblem } from '@portcullis/client';
import { useSyncExternalStore } from 'react';
import { ask } from './questions.jsx';

/** `user` is undefined until it is known, null if nobody is signed in; `failure` is why it cannot be known. */
let session = { user: undefined, failure: null };
const listeners = new Set();
const set = (user, failure = null) => {
  session = { user, failure };
  for (const listener of listeners) listener();
};

/** Proves by the first of the methods; by the next one if that is a passkey which is not here, dismissed or refused. */
async function byFirstOf([method, ...others], prove) {
  try {
    return await prove(method);
  } catch (error) {
    const isRejected = error instanceof DOMException || isProblem(error, 'invalid_passkey');
    if (method !== 'passkey' || !isRejected || others.length === 0) throw error;
    return byFirstOf(others, prove);
  }
}

export const client = createClient({
  // vite.config.js defines it.
  baseUrl: PORTCULLIS_URL,
  transport: 'cookie',
  onSignedOut: (reason) => {
    if (reason !== 'replaced') return set(null);
    // Somebody else has signed in in another tab; nothing of the one before is shown any more.
    set(undefined);
    void recognise();
  },
  // The second half of a login.
  onFactor: ({ token, methods }) =>
    byFirstOf(methods, async (method) => {
      if (method === 'passkey') return client.passkeys.signIn({ challenge: token });
      const code = await ask('Code of your app, or a recovery code');
      if (code === null) throw new Error('You are not signed in.');
      const kind = /^\d{6}$/.test(code) ? 'totp' : 'recovery_code';
      return client.loginFactor({ challenge: token, method: kind, code });
    }),
  // A request wants a more recent proof; true repeats it.
  onStepUp: ({ methods }) =>
    byFirstOf(methods, async (method) => {
      if (method === 'passkey') await client.passkeys.stepUp();
      else {
        const isTotp = method === 'totp';
        const given = isTotp ? await ask('Code of your app') : await ask('Password', 'password');
        if (given === null) return false;
        await client.stepUp(isTotp ? { method, code: given } : { password: given });
      }
      return true;
    }),
});

/** Finds out who is signed in; asks the service only if this browser has a session. */
export async function recognise() {
  try {
    set((await client.isSignedIn()) ? await client.me() : null);
  } catch (failure) {
    // Without a network, or after a limit, whoever is signed in remains so.
    if (await client.isSignedIn()) set(undefined, failure);
    else set(null);
  }
}

const subscribe = (listener) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};
export const useSession = () => useSyncExternalStore(subscribe, () => session);

// Another tab has signed in.
addEventListener('storage', () => {
  if (!session.user) void recognise();
});
