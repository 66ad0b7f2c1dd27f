import { describe, expect, it } from 'vitest';
import { Appender, type Sink } from '../../src/sessions/appender.js';

/** A sink that keeps what it gets, and takes so many bytes at a time. */
function makeSink(most = Number.POSITIVE_INFINITY) {
  const pieces: Buffer[] = [];
  const take = (bytes: Buffer) => {
    const piece = Buffer.from(bytes.subarray(0, most));
    pieces.push(piece);
    return piece.length;
  };
  const sink: Sink = { write: async (bytes) => take(bytes), writeNow: take, close: async () => {} };
  return { sink, pieces, writes: () => pieces.map(String) };
}

const failing = (code: string, after = 0): Sink => {
  let count = 0;
  const fail = () => {
    count += 1;
    if (count > after) throw Object.assign(new Error(`${code}: no`), { code });
  };
  return {
    write: async (bytes) => {
      fail();
      return bytes.length;
    },
    writeNow: (bytes) => {
      fail();
      return bytes.length;
    },
    close: async () => {},
  };
};

const never = () => {
  throw new Error('must not fail');
};

describe('the appender', () => {
  it('writes what comes in one turn of the event loop in one piece, in order', async () => {
    const { sink, writes } = makeSink();
    const appender = new Appender(async () => sink, never);
    for (const line of ['one', 'two', 'three']) appender.add(line);
    await appender.settled();
    appender.add('four');
    await appender.settled();
    expect(writes()).toEqual(['one\ntwo\nthree\n', 'four\n']);
  });

  it('opens its sink with the first line, and never before', async () => {
    let opened = 0;
    const { sink } = makeSink();
    const appender = new Appender(async () => {
      opened += 1;
      return sink;
    }, never);
    await appender.settled();
    expect(opened).toBe(0);
    appender.add('one');
    await appender.settled();
    appender.add('two');
    await appender.settled();
    expect(opened).toBe(1);
  });

  it('goes on where the system took only a part, and keeps characters whole', async () => {
    const { sink, pieces } = makeSink(3);
    const appender = new Appender(async () => sink, never);
    appender.add('größer als drei');
    appender.add('🦊');
    await appender.settled();
    expect(pieces.length).toBeGreaterThan(4);
    expect(Buffer.concat(pieces).toString('utf8')).toBe('größer als drei\n🦊\n');
  });

  it.each([
    ['opening', async () => Promise.reject(Object.assign(new Error('no'), { code: 'EACCES' }))],
    ['writing', async () => failing('ENOSPC')],
  ])('drops lines after %s has failed, and says so once', async (_, open) => {
    const failures: unknown[] = [];
    const appender = new Appender(open as () => Promise<Sink>, (error) => failures.push(error));
    for (let round = 0; round < 3; round += 1) {
      appender.add('a line');
      await appender.settled();
    }
    appender.settleNow();
    expect(failures).toHaveLength(1);
  });

  it('gives up on a sink that takes nothing for long, rather than fill the memory', async () => {
    const failures: Error[] = [];
    let release = () => {};
    const hung = new Promise<void>((resolve) => {
      release = resolve;
    });
    const sink: Sink = { write: (bytes) => hung.then(() => bytes.length), writeNow: never, close: async () => {} };
    const appender = new Appender(
      async () => sink,
      (error) => failures.push(error as Error),
    );
    appender.add('first');
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    for (let count = 0; count < 100; count += 1) appender.add('x'.repeat(100_000));
    expect(failures.map(({ message }) => message)).toEqual(['the disk does not keep up']);
    // Under way: not waited for, and not written twice.
    appender.settleNow();
    release();
    await appender.settled();
  });

  it('takes nothing more once it is closed', async () => {
    const { sink, writes } = makeSink();
    const appender = new Appender(async () => sink, never);
    appender.add('one');
    await appender.close();
    appender.add('two');
    await appender.settled();
    expect(writes()).toEqual(['one\n']);
  });

  it('writes what is left as the process ends', async () => {
    const { sink, writes } = makeSink();
    const appender = new Appender(async () => sink, never);
    appender.add('one');
    await appender.settled();
    appender.add('two');
    await Promise.resolve();
    appender.settleNow();
    expect(writes().join('')).toBe('one\ntwo\n');
    await appender.settled();
    expect(writes().join('')).toBe('one\ntwo\n');
  });
});
