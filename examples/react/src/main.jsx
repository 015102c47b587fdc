import { createRoot } from 'react-dom/client';
import { Account } from './account.jsx';
import { Entrance } from './entrance.jsx';
import { Questions } from './questions.jsx';
import { recognise, useUser } from './session.js';

function App() {
  const user = useUser();
  if (user === undefined) return <p>…</p>;
  return (
    <>
      {user === null ? <Entrance /> : <Account />}
      <Questions />
    </>
  );
}

recognise().catch(console.error);
createRoot(document.getElementById('root')).render(<App />);
