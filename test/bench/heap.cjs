// Preloaded into a server that runs with --expose-gc: at SIGUSR2 it collects its garbage and writes the bytes that live on,
// and the milliseconds of the longest time for which nothing else had its turn, into the file that BENCH_HEAP names.
const { renameSync, writeFileSync } = require('node:fs');
const { monitorEventLoopDelay } = require('node:perf_hooks');

const delay = monitorEventLoopDelay({ resolution: 5 });
delay.enable();

process.on('SIGUSR2', () => {
  const block = delay.max / 1e6;
  for (let turn = 0; turn < 3; turn += 1) globalThis.gc();
  const heap = process.memoryUsage().heapUsed;
  // The collection is a block as well, which the histogram notes later.
  setTimeout(() => {
    delay.reset();
    writeFileSync(`${process.env.BENCH_HEAP}.new`, `${heap} ${block}`);
    renameSync(`${process.env.BENCH_HEAP}.new`, process.env.BENCH_HEAP);
  }, 50);
});
