import { spawnSync } from 'node:child_process';

/** Whether promtool, the checker of Prometheus, is installed; it is required in CI. */
export const hasPromtool = spawnSync('promtool', ['--version']).status === 0;

if (!hasPromtool && process.env['CI'] === 'true')
  throw new Error('promtool is missing: install the package prometheus.');

export interface Verdict {
  readonly status: number | null;
  readonly output: string;
}

/** Runs promtool and returns the problems that it reports. */
export function promtool(parameters: readonly string[], input = ''): Verdict {
  const { status, stdout, stderr } = spawnSync('promtool', parameters, { input, encoding: 'utf8' });
  return { status, output: `${stdout}${stderr}` };
}
