import { isProblem } from '@portcullis/client';
import { useState } from 'react';

/** What a failure says to the user. */
export function textOf(error) {
  if (isProblem(error, 'validation_failed')) return error.errors.map(({ detail }) => detail).join(' ');
  return isProblem(error) ? error.detail : error.message;
}

/** `[message, attempt]`: `attempt(action)` does something; the message is what the action answers, or why it failed. */
export function useAttempt() {
  const [message, say] = useState('');
  const attempt = async (action) => {
    say('');
    try {
      say((await action()) ?? '');
    } catch (error) {
      say(textOf(error));
    }
  };
  return [message, attempt];
}
