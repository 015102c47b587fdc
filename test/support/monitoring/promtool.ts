import { spawnSync } from 'node:child_process';

/** Whether Prometheus' own checker is at hand; where tests run for release it must be. */
export const hasPromtool = spawnSync('promtool', ['--version']).status === 0;

if (!hasPromtool && process.env['CI'] === 'true')
  throw new Error('promtool is missing: install the package prometheus.');

export interface Verdict {
  readonly status: number | null;
  readonly output: string;
}

/** Runs promtool; its output is what it complains about. */
export function promtool(parameters: readonly string[], input = ''): Verdict {
  const { status, stdout, stderr } = spawnSync('promtool', parameters, { input, encoding: 'utf8' });
  return { status, output: `${stdout}${stderr}` };
}
