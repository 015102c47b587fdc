/** The number of runs of each race; the nightly run sets it to 20. */
export const RACE_ROUNDS = Number(process.env['RACE_ROUNDS'] ?? 3);
