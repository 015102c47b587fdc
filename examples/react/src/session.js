import { createClient } from '@portcullis/client';
import { useSyncExternalStore } from 'react';
import { ask } from './questions.jsx';

/** Undefined until it is known, null if nobody is signed in. */
let user;
const listeners = new Set();
const set = (next) => {
  user = next;
  for (const listener of listeners) listener();
};

export const client = createClient({
  // vite.config.js defines it.
  baseUrl: PORTCULLIS_URL,
  transport: 'cookie',
  onSignedOut: () => set(null),
  // The second half of a login.
  onFactor: async ({ token, methods }) => {
    if (methods.includes('passkey')) return client.passkeys.signIn({ challenge: token });
    const code = await ask('Code of your app, or a recovery code');
    if (code === null) throw new Error('You are not signed in.');
    const method = /^\d{6}$/.test(code) ? 'totp' : 'recovery_code';
    return client.loginFactor({ challenge: token, method, code });
  },
  // A request wants a more recent proof; true repeats it.
  onStepUp: async ({ methods }) => {
    if (methods.includes('passkey')) await client.passkeys.stepUp();
    else {
      const isTotp = methods.includes('totp');
      const given = isTotp ? await ask('Code of your app') : await ask('Password', 'password');
      if (given === null) return false;
      await client.stepUp(isTotp ? { method: 'totp', code: given } : { password: given });
    }
    return true;
  },
});

/** Finds out who is signed in; asks the service only if this browser has a session. */
export async function recognise() {
  try {
    set((await client.isSignedIn()) ? await client.me() : null);
  } catch (error) {
    set(null);
    throw error;
  }
}

const subscribe = (listener) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};
export const useUser = () => useSyncExternalStore(subscribe, () => user);

// Another tab has signed in.
addEventListener('storage', () => {
  if (!user) recognise().catch(console.error);
});
