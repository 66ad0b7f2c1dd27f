import { component, dependency, goodInfo, parameter } from './app.js';
import type { Fields, Misbehaviour } from './misbehaviour.js';

const TEXT = { type: 'string' };

/** Apps that describe themselves badly, by name. */
export const DESCRIPTIONS = {
  'schema-deep': withDeepSchema(20_000),
  'schema-cyclic': withSchema({ $ref: '#/$defs/A', $defs: { A: { $ref: '#/$defs/B' }, B: { $ref: '#/$defs/A' } } }),
  'schema-recursive': withSchema({
    $ref: '#/$defs/Tree',
    $defs: { Tree: { type: 'object', properties: { children: { type: 'array', items: { $ref: '#/$defs/Tree' } } } } },
  }),
  /** Each definition uses the next one twice: written out, two to the power of sixty. */
  'schema-explosion': withSchema(explosion(60)),
  'schema-enum': withSchema({ type: 'string', enum: Array.from({ length: 10_000 }, (_, index) => `choice ${index}`) }),
  'schema-pattern': withSchema({ type: 'string', pattern: '^(a+)+$' }),
  'schema-foreign-ref': withSchema({ $ref: 'http://evil.test/schema.json' }),
  'schema-dangling-ref': withSchema({ $ref: '#/$defs/Missing' }),
  'schema-null': withSchema(null),
  'schema-nonsense': withSchema({ type: {}, properties: 5, items: 'x', enum: {}, required: 'a', anyOf: [7, null] }),
  'schema-proto': withSchema(
    JSON.parse('{"type":"object","properties":{"__proto__":{"type":"string"},"constructor":{}}}'),
  ),
  'endpoints-500': withEndpoints(Array.from({ length: 500 }, (_, index) => `endpoint_${index}`)),
  'endpoints-alike': withEndpoints([
    'generate',
    'Generate',
    'generate_',
    'generate_1',
    'gene rate',
    'génerate',
    'generаte',
  ]),
  'endpoints-junk': withEndpoints([
    'lambda',
    'lambda_1',
    '<lambda>',
    '_lambda_',
    '',
    ' ',
    '/',
    '//',
    '../config',
    'a/b',
    'a?b=c',
  ]),
  'endpoints-proto': withEndpoints(['__proto__', 'constructor', 'toString', 'hasOwnProperty']),
  'endpoints-none': withEndpoints([]),
  'endpoint-empty': { info: () => ({ named_endpoints: { '/echo': {}, '/send': null, '/make': [] } }) },
  'parameters-alike': withParameters(Array.from({ length: 5 }, () => parameter('text', 'Text', TEXT))),
  'parameters-unnamed': withParameters([
    parameter(null, 'Text', TEXT),
    parameter(null, 'parameter_12', TEXT),
    parameter('', '', TEXT),
    parameter(7, null, TEXT),
  ]),
  'parameters-odd': withParameters([
    parameter('__proto__', 'Proto', TEXT),
    parameter('constructor', 'Constructor', TEXT),
    parameter('with space', 'Space', TEXT),
    parameter('n'.repeat(300), 'Long', TEXT),
    parameter('ünïcode', 'Unicode', TEXT),
  ]),
  'parameters-500': withParameters(
    Array.from({ length: 500 }, (_, index) => parameter(`p${index}`, `P ${index}`, TEXT)),
  ),
  'config-no-lists': { config: (config) => ({ ...config, components: null, dependencies: 'none' }) },
  'config-odd-ids': {
    config: (config) => ({
      ...config,
      dependencies: [dependency(0, 'echo', [999], [-1]), null, 7, dependency(1e9, 'send', [0.5], [0])],
    }),
  },
  'config-old-protocol': { config: (config) => ({ ...config, version: '3.50.2', protocol: 'ws' }) },
  'config-unknown-protocol': { config: (config) => ({ ...config, protocol: 'sse_v9' }) },
  'config-odd-prefix': { config: (config) => ({ ...config, api_prefix: '/../../elsewhere' }) },
  'config-prefix-host': { config: (config, { foreignUrl }) => ({ ...config, api_prefix: foreignUrl }) },
  'foreign-root': { config: (config, { foreignUrl }) => ({ ...config, root: foreignUrl }) },
  'foreign-root-userinfo': {
    config: (config, { url, foreignUrl }) => ({ ...config, root: `${url}@${new URL(foreignUrl).host}` }),
  },
  'odd-root': { config: (config) => ({ ...config, root: 'javascript:alert(1)' }) },
  'root-not-text': { config: (config) => ({ ...config, root: { a: 1 } }) },
} satisfies Record<string, Misbehaviour>;

/** `/echo` with one parameter of the given schema. */
function withSchema(schema: unknown): Misbehaviour {
  return withParameters([parameter('text', 'Text', schema)]);
}

/** `/echo` with the given parameters. */
function withParameters(parameters: Fields[]): Misbehaviour {
  const ids = parameters.map((_, index) => 100 + index);
  const components = parameters.map(({ label, type }, index) => component(ids[index] ?? 0, 'textbox', label, type));
  return {
    config: (config) => ({
      ...config,
      components: [...(config.components as Fields[]), ...components],
      dependencies: [dependency(0, 'echo', ids, [1])],
    }),
    info: () => ({ named_endpoints: { '/echo': { ...echo(), parameters } }, unnamed_endpoints: {} }),
  };
}

/** Copies of `/echo` under the given names. */
function withEndpoints(names: string[]): Misbehaviour {
  return {
    config: (config) => ({ ...config, dependencies: names.map((name, id) => dependency(id, name, [0], [1])) }),
    info: () => ({
      named_endpoints: Object.fromEntries(names.map((name) => [`/${name}`, echo()])),
      unnamed_endpoints: {},
    }),
  };
}

function echo(): Fields {
  return (goodInfo().named_endpoints as Record<string, Fields>)['/echo'] ?? {};
}

/** A list of lists of lists …: JSON that parses, but that no recursive function can walk. */
function withDeepSchema(depth: number): Misbehaviour {
  const { config, info } = withSchema('DEEP');
  const deep = `${'{"type":"array","items":'.repeat(depth)}{"type":"string"}${'}'.repeat(depth)}`;
  const write = (described: unknown) => JSON.stringify(described).replaceAll('"DEEP"', () => deep);
  return {
    config: (...given) => write(config?.(...given)),
    info: (...given) => write(info?.(...given)),
  };
}

function explosion(levels: number): unknown {
  const next = (level: number) => (level + 1 < levels ? { $ref: `#/$defs/L${level + 1}` } : TEXT);
  const definition = (level: number) => ({ type: 'object', properties: { a: next(level), b: next(level) } });
  const $defs = Object.fromEntries(Array.from({ length: levels }, (_, level) => [`L${level}`, definition(level)]));
  return { $ref: '#/$defs/L0', $defs };
}
