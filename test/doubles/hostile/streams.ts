import { goodMessages, line, type Misbehaviour, type Run } from './misbehaviour.js';

const MEBIBYTE = 'a'.repeat(1024 * 1024);

/** A bad queue stream, by name. */
export const STREAMS = {
  'stream-not-json': withNoise(() => [line('this is no JSON {')]),
  'stream-null': withNoise(() => [line('null')]),
  'stream-array': withNoise(() => [line('[1,2]'), line('"text"'), line('7')]),
  /** Event ids and keys that are also properties of every object. */
  'stream-proto': withNoise(() => [
    line('{"msg":"process_completed","event_id":"__proto__","output":{"data":["x"]},"success":true}'),
    line('{"msg":"estimation","event_id":"constructor","rank":0}'),
    line('{"__proto__":{"polluted":true},"msg":"progress","event_id":"toString"}'),
  ]),
  'stream-unknown-messages': withNoise(({ eventId }) => [
    line({ msg: 'telepathy', event_id: eventId }),
    line({ event_id: eventId }),
    line({ msg: null, event_id: eventId }),
  ]),
  /** Messages for somebody else's event, among them its end. */
  'stream-foreign-event': withNoise(({ outputs }) => [
    line({
      msg: 'process_completed',
      event_id: 'ffff',
      output: { data: outputs.map(() => 'not yours') },
      success: true,
    }),
  ]),
  'stream-comments': withNoise(() => [': a comment\n\n', 'retry: 1\n', 'id: 5\n', 'event: message\n', '\n\n']),
  'stream-crlf': { stream: (run) => [...good(run)].map((text) => text.replaceAll('\n', '\r\n')) },
  /** One byte at a time, so that characters and line ends are split. */
  'stream-bytewise': { stream: (run) => [...Buffer.from([...good(run)].join(''))].map((byte) => Buffer.of(byte)) },
  'stream-multiline': { stream: (run) => [...good(run)].map((text) => text.replace(',', ',\ndata: ')) },
  /** Progress without an end. */
  'stream-endless': { stream: endlessProgress },
  /** One line without an end. */
  'stream-endless-line': { stream: endlessLine },
  'stream-huge-message': withNoise(({ eventId }) => {
    return [`data: {"msg":"log","event_id":"${eventId}","log":"`, ...Array(64).fill(MEBIBYTE), '"}\n\n'];
  }),
  'stream-many-logs': withNoise(({ eventId }) =>
    Array.from({ length: 20_000 }, (_, index) =>
      line({ msg: 'log', event_id: eventId, log: `line ${index} ${'x'.repeat(100)}`, level: 'info' }),
    ),
  ),
  'stream-odd-progress': withNoise(({ eventId }) =>
    [
      null,
      'x',
      {},
      [null],
      [{ index: 'a', length: -1, progress: 1e308, desc: { a: 1 }, unit: null }],
      [{ length: 0 }],
    ].map((progress_data) => line({ msg: 'progress', event_id: eventId, progress_data })),
  ),
  'stream-bad-diffs': withNoise(({ eventId }) =>
    [
      ['whole'],
      [[['replace', ['__proto__', 'polluted'], true]]],
      [[['append', ['a', 'b', 'c'], 'x']]],
      [[['delete', [99], null]]],
      'no list',
      null,
    ].map((data) => line({ msg: 'process_generating', event_id: eventId, output: { data }, success: true })),
  ),
  'stream-null-output': {
    stream: ({ eventId }) => [line({ msg: 'process_completed', event_id: eventId, output: null, success: true })],
  },
  'stream-no-data': {
    stream: ({ eventId }) => [line({ msg: 'process_completed', event_id: eventId, output: {}, success: true })],
  },
  'stream-no-close': { stream: (run) => [...good(run)].slice(0, -1), after: 'silence' },
  'stream-twice-complete': { stream: (run) => [...good(run), ...good(run)] },
  /** The proxy's idle cut, or a restart of the Space. */
  'stream-ends-early': { stream: (run) => [...good(run)].slice(0, 2) },
  'stream-ends-in-message': { stream: (run) => [[...good(run)].join('').slice(0, -60)] },
  'stream-reset': { stream: (run) => [...good(run)].slice(0, 2), after: 'reset' },
  'stream-silent': { stream: () => [], after: 'silence' },
  'stream-silent-in-run': { stream: (run) => [...good(run)].slice(0, 2), after: 'silence' },
  'session-lost': {
    stream: () => [
      line({
        msg: 'unexpected_error',
        event_id: null,
        message: '404: Not Found',
        session_not_found: true,
        success: false,
      }),
    ],
    after: 'reset',
  },
  'unexpected-error': {
    stream: () => [line({ msg: 'unexpected_error', event_id: null, message: 'boom', success: false })],
  },
} satisfies Record<string, Misbehaviour>;

function* good(run: Run): Generator<string> {
  for (const message of goodMessages(run)) yield line(message);
}

/** Noise after the start of a run that ends well all the same. */
function withNoise(noise: (run: Run) => string[]): Misbehaviour {
  return {
    stream(run) {
      const messages = [...good(run)];
      return [...messages.slice(0, 2), ...noise(run), ...messages.slice(2)];
    },
  };
}

function* endlessProgress({ eventId }: Run): Generator<string> {
  for (let index = 0; ; index += 1) {
    yield line({
      msg: 'progress',
      event_id: eventId,
      progress_data: [{ index, length: null, unit: 'it', desc: 'more' }],
    });
  }
}

function* endlessLine(): Generator<string> {
  yield 'data: {"msg":"log","log":"';
  while (true) yield MEBIBYTE;
}
