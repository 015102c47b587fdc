import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import type { ServerAccount } from './server-account.js';

/**
 * Runs one of PostgreSQL's programs under an account until it exits, with `lines` as its input. If it fails, throws an
 * Error with what it wrote to stderr.
 */
export async function runProgram(
  account: ServerAccount,
  program: string,
  args: readonly string[],
  lines: readonly string[] = [],
): Promise<void> {
  const [command, commandArgs] = account.command(program, args);
  const child = spawn(command, commandArgs, { ...account.options, stdio: ['pipe', 'ignore', 'pipe'] });
  const ended = new Promise<string>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(String(signal ?? code)));
  });
  child.stdin.on('error', () => {}).end(lines.map((line) => `${line}\n`).join(''));
  const [complaint, code] = await Promise.all([text(child.stderr), ended]);
  if (code !== '0') throw new Error(`${program} ended with ${code}: ${complaint.trim()}`);
}
