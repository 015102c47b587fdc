import { useCallback, useEffect, useState } from 'react';
import { useAttempt } from './attempt.js';
import { Form } from './form.jsx';
import { ask } from './questions.jsx';
import { client, useSession } from './session.js';

const remove = (id) => client.request('DELETE', '/users/me/factors/{id}', { params: { id } });
const end = (id) => client.request('DELETE', '/users/me/sessions/{id}', { params: { id } });

/** The account of whoever is signed in. */
export function Account() {
  const { user } = useSession();
  const [factors, setFactors] = useState([]);
  const [sessions, setSessions] = useState([]);
  const [totp, setTotp] = useState(null);
  const [codes, setCodes] = useState(null);
  const [message, attempt] = useAttempt();

  const load = useCallback(async () => {
    const [ofFactors, ofSessions] = await Promise.all([
      client.request('GET', '/users/me/factors'),
      client.request('GET', '/users/me/sessions'),
    ]);
    setFactors(ofFactors.items);
    setSessions(ofSessions.items);
  }, []);
  useEffect(() => void load().catch(() => undefined), [load]);
  const change = (action) => attempt(() => action().then(load));

  const begin = async () => {
    setTotp(await client.request('POST', '/users/me/factors/totp', { body: { name: 'App' } }));
  };
  const confirm = async ({ code }) => {
    const answer = await client.request('POST', '/users/me/factors/totp/{id}/confirm', {
      params: { id: totp.id },
      body: { code },
    });
    setTotp(null);
    setCodes(answer.recoveryCodes);
  };
  const addPasskey = async () => {
    const name = await ask('Name of the passkey');
    if (name === null) return;
    const { recoveryCodes } = await client.passkeys.add(name);
    setCodes(recoveryCodes);
  };

  return (
    <>
      <h1>Your account</h1>
      <p>{user.email}</p>
      <button className="plain" onClick={() => attempt(() => client.logout())}>
        Sign out
      </button>
      <p role="alert">{message}</p>
      <section>
        <h2>Ways to prove that it is you</h2>
        <ul>
          {factors.map(({ id, name, type }) => (
            <li key={id}>
              {name} ({type === 'totp' ? 'app' : 'passkey'})
              <button className="plain" onClick={() => change(() => remove(id))}>
                Remove {name}
              </button>
            </li>
          ))}
        </ul>
        <div className="row">
          <button onClick={() => change(begin)}>Add an app</button>
          <button onClick={() => change(addPasskey)}>Add a passkey</button>
        </div>
        {totp && (
          <Form onSend={(data) => void change(() => confirm(data))}>
            <img
              src={`data:image/svg+xml,${encodeURIComponent(totp.qrCode)}`}
              alt="QR code for the app"
              width="160"
            />
            <p>
              Or type this secret into the app: <code>{totp.secret}</code>
            </p>
            <label>
              Code that it shows{' '}
              <input name="code" inputMode="numeric" autoComplete="one-time-code" required />
            </label>
            <button>Confirm</button>
          </Form>
        )}
        {codes && (
          <p>
            Keep these recovery codes, which are shown only once: <code>{codes.join(' ')}</code>
          </p>
        )}
      </section>
      <section>
        <h2>Where you are signed in</h2>
        <ul>
          {sessions.map(({ id, device, current }) => (
            <li key={id}>
              {device ?? 'Unknown device'}
              {current ? (
                ' (here)'
              ) : (
                <button className="plain" onClick={() => change(() => end(id))}>
                  End
                </button>
              )}
            </li>
          ))}
        </ul>
      </section>
    </>
  );
}
