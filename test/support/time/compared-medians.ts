import { expect } from 'vitest';

/** Something that is done several times, under the name of its class. */
export type Attempts = Readonly<Record<string, (sample: number) => Promise<unknown>>>;

export interface Bound {
  readonly samples?: number;
  /** A difference below this many milliseconds is never a failure. */
  readonly floorMs?: number;
  /** What is done before each sample, outside of the time that is measured. */
  readonly prepare?: (sample: number) => Promise<void>;
}

const SAMPLES = 40;

/**
 * Expects that the classes cannot be told apart by time. One attempt of each class is made in turn, in a rotating order, so that
 * other load affects all of them equally, and the medians are compared, which a few slow attempts do not change. The bound, half of
 * the fastest median, is generous, for busy machines: what is done for each class is better compared by its statements.
 */
export async function expectAlikeInTime(
  attempts: Attempts,
  { samples = SAMPLES, floorMs = 0, prepare }: Bound = {},
): Promise<void> {
  const classes = Object.entries(attempts).map(([name, attempt]) => ({
    name,
    attempt,
    timesMs: [] as number[],
  }));
  for (let sample = 0; sample < samples; sample += 1) {
    await prepare?.(sample);
    for (let turn = 0; turn < classes.length; turn += 1) {
      const { attempt, timesMs } = classes[(sample + turn) % classes.length]!;
      const startedMs = performance.now();
      await attempt(sample);
      timesMs.push(performance.now() - startedMs);
    }
  }
  const medians = classes.map(({ timesMs }) => median(timesMs));
  const spread = Math.max(...medians) - Math.min(...medians);
  const shown = classes.map(({ name }, index) => `${name} ${medians[index]!.toFixed(2)} ms`).join(', ');
  expect(spread, `medians: ${shown}`).toBeLessThan(Math.max(floorMs, 0.5 * Math.min(...medians)));
}

const median = (values: readonly number[]) =>
  values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)]!;
