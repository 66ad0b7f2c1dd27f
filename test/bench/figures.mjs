// Figures of many runs.

/** Median and spread: the middle half of the runs lies between `low` and `high`. */
export function summarise(values) {
  const sorted = values.filter(Number.isFinite).sort((a, b) => a - b);
  if (sorted.length === 0) return undefined;
  const at = (share) => sorted[Math.round((sorted.length - 1) * share)];
  return { median: at(0.5), low: at(0.25), high: at(0.75), runs: sorted.length };
}

/** Who failed so often has its chance no more: a server that waits for ever would hold up the bench for hours. */
const FAILURES = 3;

/**
 * Runs things in turn, so that what slows the machine slows them all.
 * @param contenders name → function of the number of the round that gives a number
 * @param runs rounds that count
 * @param warmUp rounds before them, which do not
 * @returns name → figures, or `failed` with the reason where there is none
 */
export async function compare(contenders, runs, warmUp = 1) {
  const tried = Object.entries(contenders).map(([name, measure]) => ({ name, measure, values: [], failures: [] }));
  for (let round = 0; round < warmUp + runs; round += 1) {
    for (const { measure, values, failures } of tried) {
      if (failures.length >= FAILURES) continue;
      try {
        const value = await measure(round);
        if (round >= warmUp) values.push(value);
      } catch (error) {
        failures.push(error.message);
      }
    }
  }
  return Object.fromEntries(
    tried.map(({ name, values, failures }) => [name, summarise(values) ?? { failed: failures[0] }]),
  );
}

/** The least, the median and the most of many runs. */
export function range(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return { min: sorted[0], median: sorted[Math.floor(sorted.length / 2)], max: sorted.at(-1) };
}

/** Prints a line of such figures. */
export function show(name, { min, median, max }, unit) {
  const cell = (value) => value.toFixed(unit === 'x' ? 2 : 1).padStart(8);
  console.log(`${name.padEnd(44)}${cell(min)}${cell(median)}${cell(max)} ${unit}`);
}
