import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { summary } from '../lab/volley.mjs';

const PROGRAM = fileURLToPath(new URL('programs/bare-bcrypt.mjs', import.meta.url));

/** `bcrypt.compare` at cost 12 and nothing else, one per core at a time: the most logins that this machine can have. */
export async function compareForSeconds(seconds) {
  const child = fork(PROGRAM, [String(availableParallelism()), String(seconds)]);
  const [answers] = await once(child, 'message');
  await once(child, 'exit');
  return summary(answers);
}
