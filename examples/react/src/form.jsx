/** A form that gives its fields to `onSend`. */
export function Form({ onSend, children }) {
  const submit = (event) => {
    event.preventDefault();
    onSend(Object.fromEntries(new FormData(event.currentTarget)));
  };
  return <form onSubmit={submit}>{children}</form>;
}
