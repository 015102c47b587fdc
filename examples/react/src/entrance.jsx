import { useState } from 'react';
import { useAttempt } from './attempt.js';
import { Form } from './form.jsx';
import { client, recognise } from './session.js';

const Email = () => (
  <label>
    Email <input name="email" type="email" autoComplete="username webauthn" required />
  </label>
);
const Password = ({ isNew = false }) => (
  <label>
    {isNew ? 'New password' : 'Password'}
    <input
      name="password"
      type="password"
      autoComplete={isNew ? 'new-password' : 'current-password'}
      required
    />
  </label>
);

const logIn = (email, password) => client.login({ email, password }).then(recognise);

/** For those who are not signed in, and for those with the token of a reset. */
export function Entrance({ token, forgetToken }) {
  const [chosen, choose] = useState('login');
  const view = token === null ? chosen : 'reset';
  const show = (other) => {
    forgetToken();
    choose(other);
  };
  const [message, attempt] = useAttempt();

  const views = {
    login: {
      title: 'Sign in',
      fields: [<Email key="email" />, <Password key="password" />],
      send: ({ email, password }) => logIn(email, password),
    },
    register: {
      title: 'Create an account',
      fields: [<Email key="email" />, <Password key="password" isNew />],
      send: ({ email, password }) => client.register({ email, password }).then(() => logIn(email, password)),
    },
    forgot: {
      title: 'Reset the password',
      fields: [<Email key="email" />],
      send: async ({ email }) => {
        await client.request('POST', '/auth/password/forgot', { body: { email } });
        return 'If there is such an account, a link is on its way.';
      },
    },
    // The link in the mail leads here where LINK_RESET_URL is this page.
    reset: {
      title: 'Choose a new password',
      fields: [<Password key="password" isNew />],
      send: async ({ password: newPassword }) => {
        await client.request('POST', '/auth/password/reset', { body: { token, newPassword } });
        // It has ended the sessions of the account, which may be that of this browser.
        await recognise();
        show('login');
        return 'The password is changed. Please sign in.';
      },
    },
  };
  const { title, fields, send } = views[view];
  return (
    <>
      <h1>{title}</h1>
      <p role="alert">{message}</p>
      <Form key={view} onSend={(data) => void attempt(() => send(data))}>
        {fields}
        <button>{title}</button>
      </Form>
      <div className="row">
        {view === 'login' && (
          <button className="plain" onClick={() => attempt(() => client.passkeys.signIn().then(recognise))}>
            Use a passkey
          </button>
        )}
        {['login', 'register', 'forgot']
          .filter((other) => other !== view)
          .map((other) => (
            <button key={other} className="plain" onClick={() => show(other)}>
              {{ login: 'I have an account', register: 'New here?', forgot: 'Forgot your password?' }[other]}
            </button>
          ))}
      </div>
    </>
  );
}
