// The chart for the README: bars that read on a light page and on a dark one.

const MEASURES = [
  { key: 'start', label: 'Start to tools/list (ms)' },
  { key: 'memory', label: 'Memory when idle (MiB)' },
  { key: 'tokens', label: 'Tool list (tokens)' },
];
const WIDTH = 720;
const BAR = 18;
const LABELS = 130;

/** Draws bars of each measure, one for each contender that has it; the longest takes the whole width. */
export function drawChart(results) {
  const parts = [];
  let y = 16;
  for (const { key, label } of MEASURES) {
    const figures = Object.entries(results[key] ?? {}).filter(([, one]) => one);
    const most = Math.max(...figures.map(([, { median }]) => median));
    parts.push(`<text class="title" x="0" y="${y}">${label}</text>`);
    y += 10;
    for (const [name, { median }] of figures) {
      const length = Math.max(1, ((WIDTH - LABELS - 70) * median) / most).toFixed(1);
      const title = name === 'node' ? 'bare Node' : name;
      parts.push(
        `<text x="0" y="${y + 13}">${title}</text>`,
        `<rect class="${name === 'hugwire' ? 'ours' : 'other'}" x="${LABELS}" y="${y}" width="${length}" height="${BAR - 4}" rx="3"/>`,
        `<text x="${(LABELS + Number(length) + 6).toFixed(1)}" y="${y + 12}">${median.toFixed(0)}</text>`,
      );
      y += BAR + 4;
    }
    y += 24;
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y - 20}" role="img" aria-label="hugwire beside others">
<style>
text { font: 13px system-ui, sans-serif; fill: #57606a }
.title { font-weight: 600; fill: #24292f }
.ours { fill: #ff9d00 }
.other { fill: #8c959f }
@media (prefers-color-scheme: dark) { text { fill: #9198a1 } .title { fill: #f0f6fc } .other { fill: #656c76 } }
</style>
${parts.join('\n')}
</svg>
`;
}
