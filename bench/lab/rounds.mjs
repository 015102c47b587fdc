import { progress } from './progress.mjs';

/**
 * Runs named trials in turn, round after round, so that other activity of the machine affects all of them equally.
 * A trial returns a figure object with a `perSecond`; the result has each trial's figures, one for every round.
 */
export async function interleave(title, rounds, trials) {
  const figures = Object.fromEntries(Object.keys(trials).map((name) => [name, []]));
  for (let round = 1; round <= rounds; round++) {
    for (const [name, trial] of Object.entries(trials)) {
      const figure = await trial();
      figures[name].push(figure);
      progress(`${title}, round ${round} of ${rounds}: ${name} ${figure.perSecond.toFixed(1)} per second`);
    }
  }
  return figures;
}
