import { describe, expect, it } from 'vitest';
import { commandFault } from './command-fault.js';
import { operatorProgram } from './operator-program.js';

/** What a command line is answered that names no work to do. */
async function answer(args: readonly string[]) {
  const written = { stdout: '', stderr: '' };
  const program = operatorProgram();
  for (const command of [program, ...program.commands.flatMap((one) => [one, ...one.commands])]) {
    command.configureOutput({
      writeOut: (text) => (written.stdout += text),
      writeErr: (text) => (written.stderr += text),
    });
  }
  const error: unknown = await program.parseAsync(args, { from: 'user' }).catch((thrown: unknown) => thrown);
  return { ...written, exitCode: commandFault(error).exitCode };
}

describe('The command line of an operator', () => {
  it.each([
    [`unknown command 'promote'`, ['promote', 'ada@example.com']],
    [`unknown command 'disable'`, ['disable', 'ada@example.com']],
    [`unknown command 'toString'`, ['users', 'toString', 'ada@example.com']],
    [`missing required argument 'account'`, ['users', 'disable']],
    ['It is not an IP address.', ['unblock', 'ada@example.com']],
    ['It is neither an e-mail address nor an id.', ['users', 'disable', 'ada']],
    ['too many arguments', ['users', 'disable', 'ada@example.com', 'now']],
    [`missing required argument 'role'`, ['users', 'roles', 'ada@example.com']],
    ['Allowed choices are user, auditor, admin.', ['users', 'roles', 'ada@example.com', 'user', 'root']],
    ['too many arguments', ['keys:rotate', 'now']],
    ['It must have 1 to 500 printable characters.', ['keys:rotate', '--reason', 'a\u0007b']],
    ['It must have 1 to 500 printable characters.', ['keys:rotate', '--reason', 'a'.repeat(501)]],
    ['It must have 1 to 100 printable characters.', ['keys:rotate', '--actor', '']],
    ['It must be a whole number of at least 1.', ['users', 'list', '--limit', '0']],
    ['It must have 1 to 200 characters.', ['users', 'list', '--search', '']],
    [`unknown command 'set-password'`, ['users', 'set-password', 'ada@example.com']],
    [`unknown option '--password'`, ['users', 'invite', 'ada@example.com', '--password', 'x']],
    ['It must be an e-mail address.', ['users', 'invite', 'ada']],
    [
      'It must be text of 1 to 80 printable characters.',
      ['users', 'invite', 'ada@example.com', '--name', ''],
    ],
    ['Allowed choices are user, auditor, admin.', ['users', 'invite', 'ada@example.com', '--role', 'root']],
    ['Allowed choices are en, de.', ['users', 'invite', 'ada@example.com', '--locale', 'fr']],
    ['It is neither an e-mail address nor an id.', ['reset-link', 'ada']],
  ])('is refused with the fault first and the usage after it: %s', async (fault, args) => {
    const { stdout, stderr, exitCode } = await answer(args);
    expect([exitCode, stdout]).toEqual([64, '']);
    expect(stderr).toMatch(/^error: [^\n]*\n[^]*Usage: npm run admin --/);
    expect(stderr.split('\n')[0]).toContain(fault);
  });

  it.each([[[]], [['users']]])('shows the usage when the command is missing: %j', async (args) => {
    expect(await answer(args)).toEqual({
      exitCode: 64,
      stdout: '',
      stderr: expect.stringContaining(`Usage: ${['npm run admin --', ...args].join(' ')}`),
    });
  });

  it('has help for every command, with the options that each takes', async () => {
    const program = operatorProgram();
    const users = program.commands.find((command) => command.name() === 'users')!;
    const all = [
      [],
      ...program.commands.map((command) => [command.name()]),
      ...users.commands.map((command) => ['users', command.name()]),
    ];
    expect(all.length).toBeGreaterThan(10);
    for (const args of all) {
      const { stdout, stderr, exitCode } = await answer([...args, '--help']);
      expect([exitCode, stderr]).toEqual([0, '']);
      expect(stdout).toContain(`Usage: ${['npm run admin --', ...args].join(' ')}`);
      expect(stdout.includes('--json')).toBe(args.length > 0 && args.at(-1) !== 'users');
    }
  });
});
