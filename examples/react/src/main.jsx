import { useEffect, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { Account } from './account.jsx';
import { textOf } from './attempt.js';
import { Entrance } from './entrance.jsx';
import { Questions } from './questions.jsx';
import { recognise, useSession } from './session.js';

/** The token of a link in a mail; null without. It is taken out of the address, which stays in the history. */
function takeToken() {
  const token = new URLSearchParams(location.hash.slice(1)).get('token');
  if (token !== null) history.replaceState(null, '', location.pathname + location.search);
  return token;
}
const tokenAtFirst = takeToken();

function View() {
  const { user, failure } = useSession();
  const [token, setToken] = useState(tokenAtFirst);
  useEffect(() => {
    // Such a link can also be opened where the page is already shown.
    const take = () => setToken((earlier) => takeToken() ?? earlier);
    addEventListener('hashchange', take);
    return () => removeEventListener('hashchange', take);
  }, []);
  if (user === null || token !== null) return <Entrance token={token} forgetToken={() => setToken(null)} />;
  if (failure) return <Unknown failure={failure} />;
  return user === undefined ? <p>…</p> : <Account />;
}

/** Somebody is signed in, but it could not be found out who. */
const Unknown = ({ failure }) => (
  <>
    <h1>Your account cannot be shown</h1>
    <p role="alert">{textOf(failure)}</p>
    <button onClick={recognise}>Try again</button>
  </>
);

function App() {
  return (
    <>
      <View />
      <Questions />
    </>
  );
}

void recognise();
createRoot(document.getElementById('root')).render(<App />);
