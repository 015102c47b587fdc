/**
 * Prevents a closed output (`| head -1`) from ending the command with a stack trace. Further output is dropped, and the
 * exit code still reports the result.
 */
export function ignoreClosedOutput(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
  }
}

/** Writes a command's result: with `--json`, the value (if any) as one line of JSON; otherwise the text. */
export function printResult({ json }: { readonly json?: true }, text: string, value?: object): void {
  if (!json) process.stdout.write(`${text}\n`);
  else if (value !== undefined) process.stdout.write(`${JSON.stringify(value)}\n`);
}
