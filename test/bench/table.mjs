// The table of a bench: for the terminal, and for the README.

/** What is shown, with its unit and, where there is one, hugwire's budget: a figure, or times what a bare Node takes. */
const ROWS = [
  { key: 'start', label: 'start to tools/list', unit: 'ms', times: { 20: 1.45, 22: 2.5, 24: 2.5 } },
  { key: 'startHanging', label: 'the same, Hub hanging', unit: 'ms', times: { 20: 1.45, 22: 2.5, 24: 2.5 } },
  { key: 'startPinned', label: 'the same, 20 pinned Spaces', unit: 'ms', times: { 20: 1.45, 22: 2.5, 24: 2.5 } },
  { key: 'memory', label: 'memory when idle', unit: 'MiB', times: { 20: 1.35, 22: 1.35, 24: 1.35 } },
  { key: 'tokens', label: 'tool list', unit: 'tokens' },
  { key: 'searchAdded', label: 'added to a search', unit: 'ms', most: 2 },
  { key: 'searchCached', label: 'a search from the cache', unit: 'ms', most: 1 },
  { key: 'searchManyAdded', label: 'added to 64 searches at once', unit: 'ms' },
  { key: 'spaceAdded', label: 'added to a Space call', unit: 'ms', most: 10 },
];
const INSTALL = { packages: 'packages installed', megabytes: 'MB installed', seconds: 's to install' };

const round = (value) => (value === undefined ? '–' : value >= 100 ? value.toFixed(0) : value.toFixed(1));
const spread = (figures) => (figures ? `${round(figures.median)} (${round(figures.low)}–${round(figures.high)})` : '–');

function limitOf({ times, most }, figures, node) {
  const factor = times?.[Number(node.split('.')[0])];
  return factor === undefined ? most : factor * (figures.node?.median ?? Number.NaN);
}

/** Prints the table. Gives the labels of what is over its budget. */
export function printTable(results) {
  const names = ['node', ...Object.keys(results.install)];
  const line = (label, cells) =>
    console.log(label.padEnd(36) + cells.map((cell) => String(cell).padStart(24)).join(''));
  console.log(`${results.machine}, Node ${results.node}, ${results.date}; medians (middle half of the runs)`);
  line('', names);
  for (const [key, label] of Object.entries(INSTALL))
    line(
      label,
      names.map((name) => round(results.install[name]?.[key])),
    );
  const over = [];
  for (const row of ROWS) {
    const figures = results[row.key] ?? {};
    const limit = limitOf(row, figures, results.node);
    line(`${row.label}, ${row.unit}`, [
      ...names.map((name) => spread(figures[name])),
      ...(limit ? [`at most ${round(limit)}`] : []),
    ]);
    if (figures.hugwire?.median > limit) over.push(row.label);
  }
  return over;
}

/** The same for the README, medians alone. */
export function writeMarkdown(results) {
  const names = ['node', ...Object.keys(results.install)];
  const titles = names.map((name) => (name === 'node' ? 'bare Node' : name));
  const rows = [
    ...Object.entries(INSTALL).map(([key, label]) => [
      label,
      ...names.map((name) => round(results.install[name]?.[key])),
    ]),
    ...ROWS.map(({ key, label, unit }) => [
      `${label}, ${unit}`,
      ...names.map((name) => round(results[key]?.[name]?.median)),
    ]),
  ];
  const cells = [['', ...titles], names.map(() => '---:'), ...rows];
  cells[1].unshift('---');
  return [
    ...cells.map((row) => `| ${row.join(' | ')} |`),
    '',
    `Medians; ${results.machine}, Node ${results.node}, ${results.date}.`,
  ].join('\n');
}
