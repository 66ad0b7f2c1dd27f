import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import type { JsonSchema } from '../../../src/lib/json-schema.js';
import { runTool } from '../../../src/tools/run.js';
import { spaceCall } from '../../../src/tools/space_call.js';
import { spaceInfo } from '../../../src/tools/space_info.js';
import { pythonAvailable } from '../python.js';
import { place } from './callers.js';
import { type Major, trialsFor } from './endpoints.js';
import { VERSIONS } from './requirements.js';
import { CLIP, MESH, PICTURE, SOUND, TABLE } from './samples.js';
import { runJob, useApp } from './workplace.js';

/** What `space_info` tells of an endpoint. */
interface Described {
  name: string;
  schema: JsonSchema;
  returns: { schema: JsonSchema }[];
  example: { space: string; endpoint: string; arguments: Record<string, unknown> };
}

/** A sample for each kind of file that an example names. */
const SAMPLES: [RegExp, { name: string }][] = [
  [/\.(png|webp|jpe?g)$/, PICTURE],
  [/\.(wav|mp3)$/, SOUND],
  [/\.mp4$/, CLIP],
  [/\.(glb|obj)$/, MESH],
  [/./, TABLE],
];

describe.skipIf(!pythonAvailable()).each(VERSIONS)('descriptions on Gradio %s', (version) => {
  const world = useApp(version, 'kitchen_sink');
  const trials = trialsFor(Number(version.split('.')[0]) as Major);

  /** Everything that the app offers, asked for one by one, as an assistant would. */
  async function describeAll(): Promise<Described[]> {
    const { app, workplace } = world;
    const { endpoints } = await workplace.spaces.open(app.url);
    const answers = endpoints.map(async ({ name }) => {
      const { data } = await runTool(spaceInfo, { space: app.url, endpoint: name }, workplace.context());
      return (data as { endpoints: Described[] }).endpoints[0] as Described;
    });
    return Promise.all(answers);
  }

  it('every schema is valid JSON Schema of draft 2020-12, and stands alone', async () => {
    const ajv = new Ajv2020({ strict: true, strictTypes: false, allErrors: true, validateFormats: false });
    const described = await describeAll();
    expect(described.length).toBeGreaterThan(80);
    for (const { name, schema, returns } of described) {
      for (const one of [schema, ...returns.map((value) => value.schema)]) {
        expect(ajv.validateSchema(one), `${name}: ${ajv.errorsText()}`).toBe(true);
        expect(() => ajv.compile(one), name).not.toThrow();
        expect(JSON.stringify(one), name).not.toMatch(/"\$(?:ref|defs)"/);
      }
    }
  });

  it('what the apps take is what the schemas allow', async () => {
    const ajv = new Ajv2020({ strict: false, validateFormats: false });
    const schemas = new Map((await describeAll()).map(({ name, schema }) => [name, schema]));
    for (const { endpoint, arguments: args, simple = args, unasked, fails } of trials) {
      if (Array.isArray(simple)) continue;
      const given = await place(simple, async ({ name }) => `/somewhere/${name}`);
      const valid = ajv.validate(schemas.get(endpoint) ?? false, given);
      expect(valid, `${endpoint} ${JSON.stringify(given)}: ${ajv.errorsText()}`).toBe(
        !unasked && fails !== 'arguments',
      );
    }
  });

  it('every example is taken by the app', async () => {
    const { workplace } = world;
    const failing = new Set(trials.filter(({ fails }) => fails === 'app').map(({ endpoint }) => endpoint));
    const refused: string[] = [];
    for (const { name, example } of await describeAll()) {
      if (failing.has(name) && name !== '/json') continue;
      const { text, isError } = await runTool(spaceCall, localise(example), workplace.context());
      if (isError) refused.push(`${name} ${JSON.stringify(example.arguments)}: ${text.slice(0, 300)}`);
    }
    expect(refused).toEqual([]);
  });

  it.each([
    ['/dropdown_numbers', '4', 4],
    ['/dropdown_pairs', 'Bert (nl)', 'nl_bert'],
    ['/dropdown_multi', 'b', ['b']],
    ['/radio', 'FAST', 'fast'],
    ['/checkbox_true', 'false', false],
    ['/integer', '3', 3],
    ['/json', '{"a": 1}', { a: 1 }],
  ])('a near miss for %s is bent, %j, before the app sees it', async (endpoint, value, taken) => {
    const { outcome } = await runJob(world, { endpoint, arguments: { value } });
    expect(outcome?.data).toEqual([taken]);
  });

  it('what an author left out of the list is known, but not offered', async () => {
    const { endpoints } = await world.workplace.spaces.open(world.app.url);
    const hidden = endpoints.filter((one) => one.hidden).map(({ name }) => name);
    expect(hidden).toContain('/unlisted');
    const { text } = await runTool(spaceInfo, { space: world.app.url }, world.workplace.context());
    expect(text).not.toContain('unlisted');
  });

  /** The same call with files of this machine, since the suite has no network. */
  function localise(example: Described['example']) {
    const text = JSON.stringify(example).replace(
      /(?:https:\/\/[\w./-]+|\/path\/to)\/([\w-]+\.\w+)/g,
      (_, name: string) => {
        const sample = SAMPLES.find(([pattern]) => pattern.test(name))?.[1] ?? TABLE;
        return join(world.workplace.folder, sample.name);
      },
    );
    return JSON.parse(text);
  }
});
