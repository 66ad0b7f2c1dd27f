/** A request for everything that clients ask for, and some that they should not. */
export const REQUESTS: [method: string, params: Record<string, unknown>][] = [
  [
    'initialize',
    {
      protocolVersion: '2025-06-18',
      capabilities: {
        roots: { listChanged: true },
        sampling: { tools: {} },
        elicitation: { form: {} },
        experimental: { x: {} },
      },
      clientInfo: { name: 'c', version: '1', title: 'C', icons: [{ src: 'https://x' }] },
    },
  ],
  ['ping', {}],
  ['tools/list', { cursor: 'x' }],
  [
    'tools/call',
    { name: 'echo', arguments: { word: 'hi' }, task: { ttl: 1 }, requestState: 's', inputResponses: { a: {} } },
  ],
  ['resources/list', { cursor: 'x' }],
  ['resources/templates/list', { cursor: 'x' }],
  ['resources/read', { uri: 'hugwire://sessions' }],
  ['server/discover', {}],
  ['prompts/get', { name: 'x' }],
  ['logging/setLevel', { level: 'debug' }],
  ['completion/complete', { ref: { type: 'ref/prompt', name: 'x' }, argument: { name: 'a', value: 'b' } }],
  ['', {}],
];
const ODD = [null, [], {}, '', 7, true, ['x'], { x: null }];

/** Every copy of a value in which one part, at any depth, is something odd. */
export function* spoil(value: unknown): Generator<unknown> {
  yield* ODD;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return;
  for (const [key, part] of Object.entries(value)) {
    for (const odd of spoil(part)) yield { ...value, [key]: odd };
    const { [key]: _, ...rest } = value as Record<string, unknown>;
    yield rest;
  }
}
