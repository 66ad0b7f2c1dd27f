import { describe, expect, it } from 'vitest';
import { exampleArguments, prepareArguments } from '../../src/gradio/arguments.js';
import { inputSchema } from '../../src/gradio/schema.js';
import type { EndpointParameter } from '../../src/gradio/types.js';
import { findFault } from '../../src/lib/json-schema.js';
import { recordedApp, VERSIONS } from './recorded.js';

describe.each(VERSIONS)('examples for Gradio %s', (version) => {
  it.each(['components', 'endpoints'] as const)('of every endpoint of the app "%s" can be called', async (name) => {
    for (const endpoint of recordedApp(version, name).endpoints) {
      const args = JSON.parse(JSON.stringify(exampleArguments(endpoint)));
      expect(await findFault(args, inputSchema(endpoint)), endpoint.name).toBeUndefined();
      const { data, files } = await prepareArguments(endpoint, args);
      expect(data).toHaveLength(endpoint.slots.length);
      const required = endpoint.parameters.filter((one) => one.required && one.file === 'file');
      expect(files.map((one) => one.parameter)).toEqual(expect.arrayContaining(required.map((one) => one.name)));
    }
  });

  it('of every parameter alone fit its schema, also where it may be left out', async () => {
    for (const { name, parameters } of recordedApp(version, 'components').endpoints) {
      const [parameter] = parameters as [EndpointParameter];
      const forced = { ...parameter, required: true };
      const endpoint = {
        name,
        fnIndex: 0,
        parameters: [forced],
        returns: [],
        slots: [{ parameter: forced.name }],
        outputSlots: [],
        queue: true,
        hidden: false,
      };
      await prepareArguments(endpoint, exampleArguments(endpoint));
    }
  });

  it('give only what must be given, and text that fits the name', () => {
    const [generate] = recordedApp(version, 'endpoints').endpoints;
    if (!generate) throw new Error('one endpoint expected');
    expect(exampleArguments(generate)).toEqual({ prompt: 'a red bicycle in the rain' });
  });
});
