import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { importSource } from './bundle.mjs';
import { show, range as summarise } from './figures.mjs';

// Times what recording costs a call, on the thread that serves: a call with arguments and an answer of ordinary size, and
// one with the largest. Needs no build: the journal's own modules are bundled on the spot.
// Usage: node test/bench/journal.mjs [calls]

const CALLS = Number(process.argv[2] ?? 5000);
const BUDGET_MS = 0.2;
const directory = mkdtempSync(join(tmpdir(), 'hugwire-bench-'));

const { Recorder } = await importSource('src/sessions/recorder.ts', directory);

const ordinary = {
  arguments: { query: 'whisper large', kinds: ['model', 'space'], limit: 10, tags: ['audio'] },
  text: 'openai/whisper-large-v3 | automatic-speech-recognition | 1.5B | 5M | 5.1K | apache-2.0 | 2024-08\n'.repeat(20),
};
const largest = {
  arguments: {
    prompt: 'a fox in the snow '.repeat(2000),
    image: `data:image/png;base64,${'iVBORw0K'.repeat(100_000)}`,
    list: Array(1000).fill('word'),
  },
  text: 'The quick brown fox jumps over the lazy dog. '.repeat(2000),
};

async function measure(name, { arguments: given, text }) {
  const recorder = new Recorder({
    state: join(directory, name),
    enabled: true,
    version: '0',
    tools: () => [],
    secrets: async () => new Set(['hf_abcdefghijklmnopqrstuvwxyz01234567']),
    log: (line) => console.error(line),
    keepDays: () => 30,
  });
  const record = () => {
    const call = recorder.call('hub_search', given);
    call.progress({ progress: 1, total: 2, message: 'half' });
    call.end({ summary: text, bytes: Buffer.byteLength(text), failed: false }, 12);
  };
  for (let warm = 0; warm < 500; warm += 1) record();
  await recorder.settled();
  const times = [];
  for (let count = 0; count < CALLS; count += 1) {
    const started = performance.now();
    record();
    times.push(performance.now() - started);
    // As between two calls of a client: the lines leave meanwhile.
    if (count % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  await recorder.end('done');
  const lines = readFileSync(join(recorder.directory, `${recorder.id}.jsonl`), 'utf8').split('\n').length - 1;
  if (lines !== 3 * (CALLS + 500) + 2) throw new Error(`${lines} lines`);
  const mean = times.reduce((sum, one) => sum + one, 0) / times.length;
  const { min, median } = summarise(times);
  show(`${name} call: min, median, mean`, { min: min * 1000, median: median * 1000, max: mean * 1000 }, 'µs');
  return mean <= BUDGET_MS;
}

console.log(`${CALLS} calls each; budget ${BUDGET_MS * 1000} µs; Node ${process.versions.node}`);
const results = [await measure('ordinary', ordinary), await measure('largest', largest)];
rmSync(directory, { recursive: true, force: true });
if (results.includes(false)) {
  console.log('over budget');
  process.exitCode = 1;
}
