// What clients send to a server as it starts, in all revisions, whole and broken.

const CLIENT = { name: 'test', version: '1' };
const META = 'io.modelcontextprotocol/';
const MODERN = {
  [`${META}protocolVersion`]: '2026-07-28',
  [`${META}clientCapabilities`]: {},
  [`${META}clientInfo`]: CLIENT,
};
const line = (message: object) => `${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`;
export const initialize = (protocolVersion: unknown, more: object = { capabilities: {}, clientInfo: CLIENT }) =>
  line({ id: 'init', method: 'initialize', params: { protocolVersion, ...more } });
const ready = line({ method: 'notifications/initialized' });
export const request = (id: unknown, method: string, params?: unknown) => line({ id, method, params });
export const LIST = request('list', 'tools/list');
/** A client that calls a tool is there to stay: what it was told is kept for the next start. */
export const CALL = request('call', 'tools/call', { name: 'hub_search', arguments: { nope: 1 } });
export const LEGACY = initialize('2025-06-18') + ready;

export interface Script {
  /** What the client sends, in pieces. */
  sends: (string | Buffer)[];
  args?: string[];
  env?: NodeJS.ProcessEnv;
  config?: string;
  /** The record of added assistants. */
  assistants?: string;
  /** How many messages it gets. */
  gets: number;
  /** It ends its side without waiting for them. */
  hurries?: boolean;
}

const broken = Buffer.from(line({ id: 'x', method: 'ping', params: { note: 'grüße 🤗' } }));

export const SCRIPTS: Record<string, Script> = {
  'revision 2024-11-05': { sends: [initialize('2024-11-05'), ready, LIST], gets: 2 },
  'revision 2025-03-26': { sends: [initialize('2025-03-26'), ready, LIST], gets: 2 },
  'revision 2025-06-18': { sends: [initialize('2025-06-18'), ready, LIST], gets: 2 },
  'revision 2025-11-25': { sends: [initialize('2025-11-25'), ready, LIST], gets: 2 },
  'a revision nobody knows': { sends: [initialize('2099-01-01'), ready, LIST], gets: 2 },
  'no revision': { sends: [initialize(undefined), ready, LIST], gets: 2 },
  'initialize with nothing': { sends: [request('init', 'initialize'), LIST], gets: 2 },
  'initialize with null everywhere': {
    sends: [initialize(null, { capabilities: null, clientInfo: null, _meta: null }), LIST],
    gets: 2,
  },
  'all in one piece': { sends: [LEGACY + LIST + request('p', 'ping')], gets: 3 },
  'a byte at a time': { sends: [...(LEGACY + LIST)].map(String), gets: 2 },
  'a letter cut in two': { sends: [LEGACY, broken.subarray(0, 58), broken.subarray(58), LIST], gets: 3 },
  'a byte order mark': { sends: [`\uFEFF${LEGACY}${LIST}`], gets: 2 },
  'lines that end as on Windows': { sends: [(LEGACY + LIST).replaceAll('\n', '\r\n')], gets: 2 },
  'empty lines': { sends: ['\n\n', LEGACY, '  \n', LIST], gets: 2 },
  'a last line without its end': { sends: [LEGACY + LIST.trimEnd()], gets: 2, hurries: true },
  'only a list': { sends: [LIST], gets: 1 },
  'a list twice': { sends: [LEGACY, LIST, request('again', 'tools/list', {})], gets: 3 },
  'the same id twice': { sends: [LEGACY, request(1, 'ping'), request(1, 'ping')], gets: 3 },
  'the id of initialize again': { sends: [LEGACY, request('init', 'tools/list')], gets: 2 },
  'odd params of a list': {
    sends: [LEGACY, request('list', 'tools/list', null), request(2, 'tools/list', [])],
    gets: 3,
  },
  'a cursor': {
    sends: [LEGACY, request('list', 'tools/list', { cursor: null, _meta: { progressToken: null } })],
    gets: 2,
  },
  ping: { sends: [request(1, 'ping'), request(2, 'ping', { _meta: {} })], gets: 2 },
  'a batch': { sends: [LEGACY, `[${LIST.trim()},${request(5, 'ping').trim()}]\n`], gets: 3 },
  'an empty batch': { sends: [LEGACY, '[]\n', LIST], gets: 2 },
  'lines that are not JSON': { sends: ['{bad\n', LEGACY, 'Content-Length: 5\n', LIST], gets: 2 },
  'a wrong envelope of JSON-RPC': { sends: [LEGACY, '{"id":7,"method":"ping"}\n', LIST], gets: 3 },
  'a method nobody knows': { sends: [LEGACY, request(1, 'prompts/list'), LIST], gets: 3 },
  'a call before anything else': { sends: [request(1, 'tools/call', { name: 'hub_whoami', arguments: {} })], gets: 1 },
  'a call of no tool': { sends: [LEGACY, LIST, request(1, 'tools/call', { name: 'hub_serch' })], gets: 3 },
  'a call between': {
    sends: [LEGACY, request(1, 'tools/call', { name: 'hub_search', arguments: { nope: 1 } }), LIST],
    gets: 3,
  },
  'templates and resources': {
    sends: [LEGACY, request(1, 'resources/templates/list'), request(2, 'resources/list')],
    gets: 3,
  },
  'the modern era': {
    sends: [request(1, 'server/discover', { _meta: MODERN }), request(2, 'tools/list', { _meta: MODERN })],
    gets: 2,
  },
  'a modern ping, list and call': {
    sends: [
      request(1, 'ping', { _meta: MODERN }),
      request(2, 'tools/list', { _meta: MODERN }),
      request(3, 'tools/call', { name: 'nope', _meta: MODERN }),
    ],
    gets: 3,
  },
  'a modern revision nobody knows': {
    sends: [request(1, 'tools/list', { _meta: { ...MODERN, [`${META}protocolVersion`]: '2031-01-01' } })],
    gets: 1,
  },
  'a modern request without capabilities': {
    sends: [request(1, 'tools/list', { _meta: { [`${META}protocolVersion`]: '2026-07-28' } })],
    gets: 1,
  },
  'a subscription': {
    sends: [request('s', 'subscriptions/listen', { notifications: { toolsListChanged: true }, _meta: MODERN })],
    gets: 2, // acknowledged, and ended with the input
    hurries: true,
  },
  'both eras': { sends: [LEGACY, LIST, request(2, 'tools/list', { _meta: MODERN })], gets: 3 },
  'a cancellation of nothing': {
    sends: [
      LEGACY,
      LIST,
      line({ method: 'notifications/cancelled', params: { requestId: 'other' } }),
      request(9, 'ping'),
    ],
    gets: 3,
  },
  'an end before the answers': { sends: [LEGACY + LIST + request(1, 'prompts/list')], gets: 3, hurries: true },
  'no argument': { sends: [LEGACY, LIST], args: [], gets: 2 },
  'arguments of a host': { sends: [LEGACY, LIST], args: ['serve', '--stdio', 'x'], gets: 2 },
  'read-only': { sends: [LEGACY, LIST], args: ['serve', '--read-only'], gets: 2 },
  'read-only by the environment': { sends: [LEGACY, LIST], env: { HUGWIRE_READ_ONLY: '1' }, gets: 2 },
  'dry run': { sends: [LEGACY, LIST, request(1, 'server/discover', { _meta: MODERN })], args: ['--dry-run'], gets: 3 },
  'a config': { sends: [LEGACY, LIST], config: '{"tools":{"disable":["hub_repo"]}}', gets: 2 },
  'a profile': {
    sends: [LEGACY, LIST],
    args: ['serve', '--profile', 'work'],
    config: '{"profiles":{"work":{"tools":{"enable":["hub_search"]}}}}',
    gets: 2,
  },
  'an assistant': {
    sends: [LEGACY, LIST, request('prompts', 'prompts/list')],
    assistants: '{"version":1,"assistants":{"helper":{"title":"Helper","hash":"","servers":{},"addedAt":""}}}',
    gets: 3,
  },
  'an assistant, in revision 2026-07-28': {
    sends: [request('d', 'server/discover', { _meta: MODERN }), request('prompts', 'prompts/list', { _meta: MODERN })],
    assistants: '{"version":1,"assistants":{"helper":{"hash":"","servers":{}}}}',
    gets: 2,
  },
  'a broken record of assistants': { sends: [LEGACY, LIST], assistants: '{', gets: 2 },
  'no pinned Spaces': { sends: [LEGACY, LIST], config: '{"spaces":{"pinned":[]}}', gets: 2 },
};
