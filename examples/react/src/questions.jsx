import { useEffect, useRef, useSyncExternalStore } from 'react';
import { Form } from './form.jsx';

let question = null;
const listeners = new Set();
const set = (next) => {
  question = next;
  for (const listener of listeners) listener();
};
const subscribe = (listener) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

/** Asks the user for a password or a code; resolves with null if they do not want to. */
export const ask = (text, type = 'text') =>
  new Promise((resolve) => {
    set({ text, type, resolve });
  });

/** Where the questions appear. */
export function Questions() {
  const current = useSyncExternalStore(subscribe, () => question);
  const dialog = useRef(null);
  useEffect(() => {
    if (current && !dialog.current.open) dialog.current.showModal();
  }, [current]);
  if (!current) return null;
  const answer = (value) => {
    set(null);
    current.resolve(value);
  };
  return (
    <dialog ref={dialog} aria-labelledby="question" onCancel={() => answer(null)}>
      <Form onSend={(fields) => answer(fields.answer)}>
        <h2 id="question">{current.text}</h2>
        <input
          name="answer"
          type={current.type}
          aria-labelledby="question"
          autoComplete="off"
          autoFocus
          required
        />
        <button>Continue</button>
        <button type="button" className="plain" onClick={() => answer(null)}>
          Cancel
        </button>
      </Form>
    </dialog>
  );
}
