import { createServer } from 'node:net';
import { environment, HUGWIRE, startServer } from './pipe.mjs';

// The small Hub and its Space that the bench asks: a process of their own, so that they take no time from what is measured.

/** The demo Space. */
export const SPACE = 'hugwire/demo-space';

/** A token of the small Hub. Its account has the largest rate limit, which many calls need. */
export const TOKEN = 'hf_demo_read_maya';

const LETTERS = [...'aeioaeioaeio'];
let asked = 0;

/**
 * A query that finds ten models and was not asked before: the small Hub, like the large one, finds the ids that have every
 * word, in whatever case.
 */
export function nextQuery() {
  asked += 1;
  return LETTERS.map((letter, place) => ((asked >> place) & 1 ? letter.toUpperCase() : letter)).join(' ');
}

/**
 * Runs what is given with the address of a new demo Hub. It has the large one's rate limits.
 * @param home of the process
 */
export async function withHub(home, measure) {
  const world = startServer([process.execPath, HUGWIRE, 'serve', '--demo'], environment(home));
  try {
    await world.list();
    const whoami = await world.call('hub_whoami', {});
    return await measure(whoami.match(/^Hub: (\S+)/m)[1]);
  } finally {
    await world.close();
  }
}

/** Runs what is given with the address of a Hub that takes connections and never answers. */
export async function withHangingHub(measure) {
  const sockets = new Set();
  const hub = createServer((socket) => {
    sockets.add(socket.on('error', () => {}));
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => hub.once('listening', resolve));
  try {
    return await measure(`http://127.0.0.1:${hub.address().port}`);
  } finally {
    for (const socket of sockets) socket.destroy();
    hub.close();
  }
}
