import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { summary } from '../lab/volley.mjs';

const PROGRAM = fileURLToPath(new URL('programs/bare-bcrypt.mjs', import.meta.url));

/** Only `bcrypt.compare` at cost 12, one per core at a time: the upper bound of logins on this machine. */
export async function compareForSeconds(seconds) {
  const child = fork(PROGRAM, [String(availableParallelism()), String(seconds)]);
  const [answers] = await once(child, 'message');
  await once(child, 'exit');
  return summary(answers);
}
