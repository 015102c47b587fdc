const startedAt = performance.now();

/** Prints the current step on standard error, with the minutes and seconds since the start. */
export function progress(text) {
  const seconds = Math.floor((performance.now() - startedAt) / 1000);
  const clock = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
  process.stderr.write(`${clock.padStart(6)}  ${text}\n`);
}
