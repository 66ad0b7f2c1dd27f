// Records `hugwire demo` into .github/demo.svg, the moving picture of the README: `npm run recording`.
import { execFile } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));

/** Where the picture is. */
export const PICTURE = at('.github/demo.svg');

/** The questions of the demo that the picture has: all of them would take minutes. */
const QUESTIONS = ['Which models', 'Draw me', 'Run something slow', 'Is it ready', 'when a Space fails', 'asked first'];
const COLUMNS = 104;
const ROWS = 27;
/** Of a character and of a line, in pixels. */
const [CHARACTER, LINE] = [7.83, 18];
const MARGIN = 16;
/** How many lines a drawing takes. */
const DRAWING = 11;
const ESCAPE = '\u001b';
const STYLES = { 1: 'bold', 2: 'dim', 31: 'red', 32: 'green', 33: 'yellow', 36: 'cyan' };

/**
 * Runs the demo of the built program, and draws what it prints.
 * @returns the picture
 */
export async function record() {
  const env = { ...process.env, FORCE_COLOR: '1' };
  delete env.NO_COLOR;
  const { stdout } = await promisify(execFile)(process.execPath, [at('bin/hugwire.js'), 'demo'], { env });
  const [saved, home] = /(\S*hugwire-demo-\w+)[/\\]files[/\\]\S+\.png/.exec(stdout) ?? [];
  const drawing = readFileSync(saved);
  rmSync(home, { recursive: true });
  const [head, ...blocks] = stdout.split(new RegExp(`\\n(?=${ESCAPE}\\[\\d+m(?:You|Now the|Next))`));
  const shown = blocks.filter(
    (text) => !text.startsWith(`${ESCAPE}[1mYou`) || QUESTIONS.some((words) => text.includes(words)),
  );
  return draw([head.trimStart(), ...shown].join('\n').replaceAll(home, '/tmp/hugwire-demo').split('\n'), drawing);
}

/**
 * The lines of a picture, without what differs from run to run: ids, marks, times, and how far a slow run has come.
 * @param picture what `record` made
 */
export function readLines(picture) {
  return [...picture.matchAll(/<text .*?>(.*?)<\/text>/g)]
    .map(([, line]) =>
      line.replace(/<[^>]+>/g, '').replace(/j_[\w-]+|127\.0\.0\.1:\d+|\b\d+(?:\.\d+)? s\b|\d\/8\b/g, '#'),
    )
    .filter((line) => !line.startsWith('  … '));
}

function draw(lines, drawing) {
  const texts = [];
  /** When how many rows are to be seen, in seconds. */
  const stops = [];
  let [row, time] = [0, 0];
  for (const line of lines) {
    const plain = line.replaceAll(new RegExp(`${ESCAPE}\\[\\d+m`, 'g'), '');
    time += pauseBefore(plain);
    if (plain.trim() === '[image]') {
      const [y, size] = [MARGIN + row * LINE + 4, DRAWING * LINE - 8];
      const data = drawing.toString('base64');
      texts.push(
        `<image x="${MARGIN + 6 * CHARACTER}" y="${y}" height="${size}" href="data:image/png;base64,${data}"/>`,
      );
      row += DRAWING;
    } else {
      if (plain !== '') texts.push(drawLine(line, row));
      row += 1;
    }
    // What comes at once is seen at once.
    if (stops.at(-1)?.time === time) stops.pop();
    stops.push({ time, row });
  }
  const length = time + 6;
  const [width, height] = [2 * MARGIN + COLUMNS * CHARACTER, 2 * MARGIN + ROWS * LINE];
  const animate = (name, shift) => {
    const frames = stops.map(
      (stop) => `${((100 * stop.time) / length).toFixed(2)}% { transform: translateY(${shift(stop.row)}px) }`,
    );
    return `@keyframes ${name} { 0% { transform: translateY(0) } ${frames.join(' ')} }`;
  };
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="A recording of hugwire demo">
<style>
svg { --page: #ffffff; --edge: #d1d9e0; --ink: #1f2328; --dim: #59636e; --red: #cf222e; --green: #1a7f37; --yellow: #9a6700; --cyan: #0969da }
@media (prefers-color-scheme: dark) {
svg { --page: #0d1117; --edge: #3d444d; --ink: #f0f6fc; --dim: #9198a1; --red: #ff7b72; --green: #3fb950; --yellow: #d29922; --cyan: #58a6ff }
}
text { font: 13px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; fill: var(--ink); white-space: pre }
.bold { font-weight: 600 } .dim { fill: var(--dim) } .red { fill: var(--red) } .green { fill: var(--green) } .yellow { fill: var(--yellow) } .cyan { fill: var(--cyan) }
.page { fill: var(--page); stroke: var(--edge) } .cover { fill: var(--page) }
.roll, .cover { animation: roll ${length.toFixed(1)}s step-end infinite } .cover { animation-name: cover }
${animate('roll', (seen) => -Math.max(0, seen - ROWS) * LINE)}
${animate('cover', (seen) => seen * LINE)}
@media (prefers-reduced-motion: reduce) { .roll, .cover { animation: none } .cover { display: none } }
</style>
<clipPath id="screen"><rect x="1" y="${MARGIN}" width="${width - 2}" height="${ROWS * LINE}"/></clipPath>
<rect class="page" x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8"/>
<g clip-path="url(#screen)"><g class="roll">
${texts.join('\n')}
<rect class="cover" x="1" y="${MARGIN}" width="${width - 2}" height="${row * LINE + height}"/>
</g></g>
</svg>
`;
}

/** How long a reader of the picture has before a line comes, in seconds. */
function pauseBefore(line) {
  if (/^(?:You|Now|Next)/.test(line)) return 2.6;
  if (line.startsWith('  →')) return 0.9;
  if (line.startsWith('  …')) return 0.35;
  return line === '' ? 0 : 0.12;
}

/** A line as it was printed, cut at the edge of the screen. */
function drawLine(line, row) {
  let [left, style] = [COLUMNS, ''];
  const pieces = [];
  for (const part of line.split(ESCAPE)) {
    const [, code, text] = /^(?:\[(\d+)m)?(.*)$/.exec(part);
    if (code !== undefined) style = STYLES[code] ?? '';
    if (text === '' || left <= 0) continue;
    const cut = text.length > left ? `${text.slice(0, left - 1)}…` : text;
    left -= text.length;
    const escaped = cut.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
    pieces.push(style ? `<tspan class="${style}">${escaped}</tspan>` : escaped);
  }
  return `<text xml:space="preserve" x="${MARGIN}" y="${MARGIN + (row + 0.75) * LINE}">${pieces.join('')}</text>`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [before, after] = [existsSync(PICTURE) ? readFileSync(PICTURE, 'utf8') : '', await record()];
  // Where only ids and times differ, the picture stays as it is.
  if (readLines(before).join() !== readLines(after).join()) writeFileSync(PICTURE, after);
}
