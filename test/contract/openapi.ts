import { readFileSync } from 'node:fs';
import { delimiter } from 'node:path';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import known from './document-faults.json' with { type: 'json' };

interface Parameter {
  name: string;
  in: 'query' | 'path' | 'header';
  required?: boolean;
  // biome-ignore lint/suspicious/noExplicitAny: a JSON Schema of someone else's making.
  schema: any;
  description?: string;
}

/** One method of one path in a document. */
export interface Operation {
  method: string;
  /** As the document has it, below the address at which the small Hub serves it: `/api/docs/search`. */
  template: string;
  pattern: RegExp;
  parameters: Parameter[];
  /**
   * What is wrong with a body; nothing where the document says nothing of the status.
   * @param contentType of the answer
   */
  checkAnswer(status: number, contentType: string, body: unknown): string[];
  /** What is wrong with the parameters of a request. */
  checkRequest(url: URL): string[];
}

/** The operation that a request is one of. */
export function operationOf(method: string, url: URL): Operation | undefined {
  return operations.find((one) => one.method === method && one.pattern.test(url.pathname));
}

function readDocument(file: string, index: number): Operation[] {
  const document = JSON.parse(readFileSync(file, 'utf8'), repair);
  // The viewer is a service of its own; the small Hub serves it below this path.
  const prefix = '/splits' in document.paths ? '/datasets-server' : '';
  const key = `document-${index}`;
  const plain = new Ajv2020({ strict: false, validateSchema: false, validateFormats: false, logger: false });
  plain.addSchema(document, key);
  const coercing = new Ajv2020({
    strict: false,
    validateSchema: false,
    validateFormats: false,
    logger: false,
    coerceTypes: 'array',
    allErrors: true,
  });
  coercing.addSchema(document, key);
  const resolve = <Part>(part: Part & { $ref?: string }): Part =>
    part.$ref
      ? part.$ref
          .slice(2)
          .split('/')
          .reduce((at, name) => at[unescapePointer(name)], document)
      : part;
  return Object.entries<Record<string, unknown>>(document.paths).flatMap(([path, methods]) =>
    Object.entries<{ parameters?: Parameter[]; responses?: Record<string, object> }>(methods as never)
      .filter(([method]) => ['get', 'head', 'post', 'put', 'patch', 'delete'].includes(method))
      .map(([method, { parameters = [], responses = {} }]): Operation => {
        const template = prefix + path;
        const named = parameters.map((one) => resolve(one));
        const pattern = patternOf(template, named);
        const validators = new Map<string, ValidateFunction>();
        const pointer = (...names: string[]) => `${key}#/${names.map(escapePointer).join('/')}`;
        const checkers = (['path', 'query'] as const).map((place) => ({
          place,
          validate: coercing.compile(
            objectOf(
              named.filter((one) => one.in === place),
              key,
            ),
          ),
        }));
        return {
          method: method.toUpperCase(),
          template,
          pattern,
          parameters: named,
          checkAnswer(status, contentType, body) {
            const content = (responses[status] as { content?: Record<string, object> } | undefined)?.content;
            const type = contentType.split(';')[0] ?? '';
            // A redirect is described as JSON without a schema, whatever it says.
            if (!content || (status >= 300 && status < 400)) return [];
            if (!(type in content)) return [`content type ${type}, not ${Object.keys(content).join(' or ')}`];
            const where = pointer('paths', path, method, 'responses', String(status), 'content', type, 'schema');
            const validate = validators.get(where) ?? plain.compile({ $ref: where });
            validators.set(where, validate);
            return validate(body) ? [] : describe(validate).filter((line) => !isKnown(template, line));
          },
          checkRequest(url) {
            const given = {
              path: { ...pattern.exec(url.pathname)?.groups },
              query: readQuery(url.searchParams),
            };
            return checkers.flatMap(({ place, validate }) => (validate(given[place]) ? [] : describe(validate)));
          },
        };
      }),
  );
}

/** Mends what no validator of JSON Schema could make sense of. */
function repair(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const { id, nullable, oneOf, allOf, ...schema } = value as Record<string, unknown>;
  const isSchema = '$schema' in schema || oneOf !== undefined;
  return {
    ...schema,
    // The name of a schema is `$id`.
    ...(id !== undefined && !(isSchema && typeof id === 'string') && { id }),
    // OpenAPI 3.0 has it beside a type only.
    ...(nullable !== undefined && !isSchema && { nullable }),
    // A cell is "one of" a number, an integer, a text, a time and more: some values are two of them.
    ...(oneOf !== undefined && { anyOf: oneOf }),
    // Parts that are put together each forbid what the other parts have.
    ...(Array.isArray(allOf) && { allOf: allOf.map(opened) }),
  };
}

function opened(schema: Record<string, unknown>): Record<string, unknown> {
  const { additionalProperties: _closed, anyOf, ...rest } = schema;
  return { ...rest, ...(Array.isArray(anyOf) && { anyOf: anyOf.map(opened) }) };
}

const escapePointer = (name: string) => encodeURIComponent(name.replaceAll('~', '~0').replaceAll('/', '~1'));
const unescapePointer = (name: string) => decodeURIComponent(name).replaceAll('~1', '/').replaceAll('~0', '~');

/** Named groups for the placeholders; a wildcard may be empty, as clients write the root of a tree. */
function patternOf(template: string, parameters: Parameter[]): RegExp {
  const named = new Set<string>();
  const source = template.replaceAll(/[.*+?^$()|[\]\\]/g, '\\$&').replaceAll(/(\/?)\{(\w+)\}/g, (_, slash, name) => {
    const wildcard = parameters.some(
      (one) => one.name === name && /wildcard/i.test(`${one.description} ${one.schema?.description}`),
    );
    if (named.has(name)) return `${slash}[^/]+`;
    named.add(name);
    return wildcard ? `(?:${slash}(?<${name}>.*))?` : `${slash}(?<${name}>[^/]+)`;
  });
  return new RegExp(`^${source}/?$`);
}

/** The schema of an object that has these parameters and no others. */
function objectOf(parameters: Parameter[], key: string) {
  const local = (schema: unknown) =>
    JSON.parse(JSON.stringify(schema ?? {}).replaceAll('"$ref":"#', `"$ref":"${key}#`));
  return {
    type: 'object',
    properties: Object.fromEntries(parameters.map(({ name, schema }) => [name, withoutDefault(local(schema))])),
    required: parameters
      .filter(({ name, in: place, required }) => required && place === 'query' && name)
      .map(({ name }) => name),
    additionalProperties: false,
  };
}

const withoutDefault = ({ default: _default, ...schema }: Record<string, unknown>) => schema;

/** `expand[]` is the name `expand`, several times. */
function readQuery(query: URLSearchParams): Record<string, string | string[]> {
  const given: Record<string, string | string[]> = {};
  for (const [name, value] of query) {
    const plain = name.replace(/\[\]$/, '');
    const before = given[plain];
    given[plain] = before === undefined ? value : [before, value].flat();
  }
  return given;
}

/** Where the documents are wrong themselves. */
const isKnown = (template: string, line: string) =>
  known.some((one) => new RegExp(one.routes).test(template) && new RegExp(one.difference).test(line));

/** The errors of the deepest place come first: of several alternatives the nearest miss is what one wants to see. */
function describe({ errors }: ValidateFunction): string[] {
  const lines = (errors ?? []).map(({ instancePath, message, params }) => {
    const detail = Object.values(params)
      .filter((value) => typeof value !== 'object')
      .join(', ');
    return {
      depth: instancePath.split('/').length,
      line: `${instancePath || '/'} ${message} (${detail.slice(0, 120)})`,
    };
  });
  const deepest = Math.max(...lines.map(({ depth }) => depth));
  return [...new Set(lines.filter(({ depth }) => depth === deepest).map(({ line }) => line))].slice(0, 6);
}

const placeholders = ({ template }: Operation) => template.split('{').length;

/**
 * Every operation of the documents that this run was given, the more literal path first: `/api/spaces/zero-gpu/quota`
 * is not a repository.
 */
export const operations: Operation[] = (process.env.HUGWIRE_OPENAPI ?? '')
  .split(delimiter)
  .filter(Boolean)
  .flatMap(readDocument)
  .sort((a, b) => placeholders(a) - placeholders(b));
