/**
 * Keeps a reader that has seen enough (`| head -1`) from ending the command with a stack: what is written afterwards is
 * dropped, and the exit code still tells how the command ended.
 */
export function ignoreClosedOutput(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
  }
}

/** Writes a command's result: with `--json` as one line of JSON, nothing where there is no value; else the text. */
export function printResult({ json }: { readonly json?: true }, text: string, value?: object): void {
  if (!json) process.stdout.write(`${text}\n`);
  else if (value !== undefined) process.stdout.write(`${JSON.stringify(value)}\n`);
}
