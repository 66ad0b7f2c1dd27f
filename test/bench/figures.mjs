// Figures of many runs.

/** Median and 95th percentile of what could be measured; undefined where nothing could. */
function summarise(values) {
  const sorted = values.filter(Number.isFinite).sort((a, b) => a - b);
  if (sorted.length === 0) return undefined;
  const at = (share) => sorted[Math.ceil(sorted.length * share) - 1];
  return { p50: at(0.5), p95: at(0.95) };
}

/** Who failed so often has its chance no more: a server that waits for ever would hold up the bench for hours. */
const FAILURES = 3;

/**
 * Runs things in turn, so that what slows the machine slows them all.
 * @param contenders name → function of the number of the round that gives measures, each with its name
 * @param runs rounds that count
 * @param warmUp rounds before them, which do not
 * @returns as `figuresOf`
 */
export async function compare(contenders, runs, warmUp = 1) {
  const tried = Object.entries(contenders).map(([name, measure]) => ({ name, measure, rounds: [], failures: [] }));
  for (let round = 0; round < warmUp + runs; round += 1) {
    for (const { measure, rounds, failures } of tried) {
      if (failures.length >= FAILURES) continue;
      try {
        const measures = await measure(round);
        if (round >= warmUp) rounds[round - warmUp] = measures;
      } catch (error) {
        failures.push(error.message);
      }
    }
  }
  return figuresOf(tried);
}

/**
 * @param tried what each contender gave in each round; the one that is called `node` does the same with the least code
 * @returns measure → contender → figures, with `times` what Node took in the same round, and what it took `over` that; or
 *   `failed` with the reason
 */
export function figuresOf(tried) {
  const bare = tried.find(({ name }) => name === 'node')?.rounds ?? [];
  const measures = new Set(tried.flatMap(({ rounds }) => rounds.flatMap((round) => Object.keys(round ?? {}))));
  const figures = (measure, { name, rounds, failures = [] }) => {
    const values = rounds.map((round) => round?.[measure]);
    const summary = summarise(values);
    if (!summary) return failures.length > 0 ? { failed: failures[0] } : undefined;
    const paired = (join) => summarise(values.map((value, round) => join(value, bare[round]?.[measure])));
    const relative = name === 'node' ? {} : { times: paired((a, b) => a / b), over: paired((a, b) => a - b) };
    return { ...summary, runs: values.filter(Number.isFinite).length, ...relative };
  };
  return Object.fromEntries(
    [...measures].map((measure) => [
      measure,
      Object.fromEntries(
        tried.map((one) => [one.name, figures(measure, one)]).filter(([, figure]) => figure !== undefined),
      ),
    ]),
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
