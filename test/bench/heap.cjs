// Preloaded into a server that runs with --expose-gc: at SIGUSR2 it collects its garbage and writes the bytes that live on
// into the file that BENCH_HEAP names.
const { renameSync, writeFileSync } = require('node:fs');

process.on('SIGUSR2', () => {
  for (let turn = 0; turn < 3; turn += 1) globalThis.gc();
  writeFileSync(`${process.env.BENCH_HEAP}.new`, String(process.memoryUsage().heapUsed));
  renameSync(`${process.env.BENCH_HEAP}.new`, process.env.BENCH_HEAP);
});
