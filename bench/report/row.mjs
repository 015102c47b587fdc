/** Returns a row of the table of targets; `met` is null if there is no target. */
export const row = (measure, target, result, met = null) => ({ measure, target, result, met });

/** Returns a row for a measure that could not be taken, with the reason. */
export const absent = (measure, target, why) => row(measure, target, why);

export const number = (value, digits = 0) =>
  value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });

export const ms = (value) => `${number(value, value < 10 ? 1 : 0)} ms`;
