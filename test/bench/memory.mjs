import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { importSource } from './bundle.mjs';
import { show, range as summarise } from './figures.mjs';

// Times the memory with as many notes as it takes: reading them, the first search in a fresh process, further searches, and
// saving; and how long anything of it holds up the process.
// Usage: node test/bench/memory.mjs [notes]

// All but a few, so that some can be saved.
const NOTES = Number(process.argv[2] ?? 9990);
const BUDGET_MS = 50;
const HELD_UP_MS = 100;
const RUNS = 7;
const QUERIES = [
  'prefers dark theme',
  'whisper transcription swedish',
  'vakanuda ralomi',
  'recieve pakage',
  'deploy',
  'ka',
  '東京',
  'what did the user say about the licence of the model',
];
const WORDS =
  'the of and to a in is that for it as was with be by on not he his but at are this have from or had an they which one you were all her she there would their we him been has when who will no more if out so what up said about than its into them can only other time new some could these two may first then do any like my now over such our man me even most made after also did many before must through back years where much your way well down should because each just those people too good very make world still see own work long here get both life between being under never day same another know while last might us great old year off come since against go came right used take three whisper transcription swedish deploy model licence prefers dark theme dataset space token user package receive say'.split(
    ' ',
  );
const SYLLABLES = 'ka lo mi ter son ver ban dul pre tion ing est ar or um il fo ge sha ni vo ra ku de pa'.split(' ');

/** Always the same numbers from 0 to 1 (mulberry32). */
function makeRandom(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Notes whose words are as unevenly spread as in any language, and of as many kinds. */
function makeLines(count) {
  const random = makeRandom(7);
  const pick = (list) => list[Math.floor(random() * list.length)];
  const rare = Array.from({ length: 60_000 }, () =>
    Array.from({ length: 2 + Math.floor(random() * 3) }, () => pick(SYLLABLES)).join(''),
  );
  const vocabulary = [...WORDS, ...rare];
  const word = () => vocabulary[Math.floor(vocabulary.length ** random()) - 1];
  const start = Date.parse('2026-01-01');
  return Array.from({ length: count }, (_, at) => {
    const words = Array.from({ length: 10 + Math.floor(random() * 60) }, word);
    if (at % 20 === 0) words.push('東京都の天気予報');
    const time = new Date(start + at * 60_000).toISOString();
    return JSON.stringify({
      id: `m_${at.toString(36).padStart(6, '0')}`,
      time,
      kind: 'note',
      tags: [pick(WORDS)],
      text: words.join(' '),
    });
  });
}

async function time(work) {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

const directory = mkdtempSync(join(tmpdir(), 'hugwire-bench-'));
try {
  const { FileMemory } = await importSource('src/sessions/memory/memory.ts', directory);
  const path = join(directory, 'memory.jsonl');
  writeFileSync(path, `${makeLines(NOTES).join('\n')}\n`);
  console.log(
    `${NOTES} notes, ${(statSync(path).size / 1e6).toFixed(1)} MB; Node ${process.versions.node}\n${''.padEnd(44)}     min  median     max`,
  );

  const memory = new FileMemory({ path });
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const before = process.memoryUsage().rss;
  show('read the file, newest notes', summarise([await time(() => memory.search({}))]), 'ms');
  show('first search by words (indexes)', summarise([await time(() => memory.search({ words: 'deploy' }))]), 'ms');
  delay.disable();
  const heldUp = delay.max / 1e6;
  console.log(`others waited for it: ${heldUp.toFixed(0)} ms at most`);
  console.log(`resident memory added: ${((process.memoryUsage().rss - before) / 1e6).toFixed(0)} MB`);
  const medians = [];
  for (const words of QUERIES) {
    const times = [];
    let found;
    for (let run = 0; run < RUNS; run += 1) {
      times.push(
        await time(async () => {
          found = await memory.search({ words });
        }),
      );
    }
    const summary = summarise(times);
    medians.push(summary.median);
    show(`${words.slice(0, 34)} (${found.matching})`, summary, 'ms');
  }
  const saves = [];
  for (let run = 0; run < RUNS; run += 1) saves.push(await time(() => memory.save([{ text: `bench ${run}` }])));
  show('save one note', summarise(saves), 'ms');
  const worst = Math.max(...medians);
  if (worst > BUDGET_MS) {
    console.log(`over budget: the slowest search takes ${worst.toFixed(1)} ms, ${BUDGET_MS} are allowed`);
    process.exitCode = 1;
  }
  if (heldUp > HELD_UP_MS) {
    console.log(`over budget: it held up the process for ${heldUp.toFixed(0)} ms, ${HELD_UP_MS} are allowed`);
    process.exitCode = 1;
  }
} finally {
  rmSync(directory, { recursive: true, force: true });
}
