// Figures of many runs.

/** Median and spread: the middle half of the runs lies between `low` and `high`. */
export function summarise(values) {
  const sorted = values.filter(Number.isFinite).sort((a, b) => a - b);
  if (sorted.length === 0) return undefined;
  const at = (share) => sorted[Math.round((sorted.length - 1) * share)];
  return { median: at(0.5), low: at(0.25), high: at(0.75), runs: sorted.length };
}

/**
 * Runs things in turn, so that what slows the machine slows them all; the first round warms up.
 * @param contenders name → function that gives a number
 * @returns name → figures; what fails has none
 */
export async function compare(contenders, runs) {
  const values = Object.fromEntries(Object.keys(contenders).map((name) => [name, []]));
  for (let run = -1; run < runs; run += 1) {
    for (const [name, measure] of Object.entries(contenders)) {
      const value = await measure().catch(() => Number.NaN);
      if (run >= 0) values[name].push(value);
    }
  }
  return Object.fromEntries(Object.entries(values).map(([name, list]) => [name, summarise(list)]));
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
