import { describe, expect, it } from 'vitest';
import { chooseEndpoint, rankEndpoints } from '../../src/gradio/choose.js';
import { describeEndpoints } from '../../src/gradio/endpoints.js';
import type { App } from '../../src/gradio/types.js';
import { HugwireError } from '../../src/lib/errors.js';
import { recordedApp, SITE } from './recorded.js';

const COMPONENTS = ['textbox', 'image', 'number', 'state', 'model3d'];
const [TEXT, IMAGE, NUMBER, STATE, MODEL] = [0, 1, 2, 3, 4];

/** An app with endpoints of the given names, inputs and outputs. */
function appOf(...endpoints: [name: string, inputs: number[], outputs: number[], description?: string][]): App {
  const components = COMPONENTS.map((type, id) => ({ id, type, skip_api: type === 'state', props: { label: type } }));
  const dependencies = endpoints.map(([api_name, inputs, outputs, api_description], id) => ({
    id,
    api_name,
    inputs,
    outputs,
    api_description,
  }));
  return {
    site: SITE,
    version: '5.0.0',
    apiPrefix: '/gradio_api',
    endpoints: describeEndpoints({ components, dependencies }, {}),
    config: {},
  };
}

function refusal(action: () => unknown): HugwireError {
  try {
    action();
  } catch (error) {
    if (error instanceof HugwireError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('chooseEndpoint', () => {
  const app = recordedApp('6.25.0', 'endpoints');

  it('finds a name with or without its slash, in another case or spelling', () => {
    for (const name of ['/generate', 'generate', ' Generate ', '//generate']) {
      expect(chooseEndpoint(app, name).name).toBe('/generate');
    }
    expect(chooseEndpoint(app, 'on-clear').name).toBe('/on_clear');
  });

  it('tells twins apart and does not guess between two spellings', () => {
    expect(chooseEndpoint(app, '/shout').name).toBe('/shout');
    expect(chooseEndpoint(app, 'shout_1').name).toBe('/shout_1');
    const twins = appOf(['run_a', [TEXT], [TEXT]], ['runA', [TEXT], [TEXT]]);
    expect(chooseEndpoint(twins, 'runA').name).toBe('/runA');
    expect(refusal(() => chooseEndpoint(twins, 'run-a')).code).toBe('invalid_arguments');
  });

  it('names what there is when there is no such endpoint', () => {
    const error = refusal(() => chooseEndpoint(app, '/generat'));
    expect(error).toMatchObject({ code: 'invalid_arguments', message: 'owner/name has no endpoint "/generat".' });
    expect(error.hint).toMatch(/^Did you mean \/generate\? It has: \/generate, /);
    const many = appOf(
      ...Array.from({ length: 30 }, (_, at) => [`run${at}`, [TEXT], [TEXT]] as [string, number[], number[]]),
    );
    expect(refusal(() => chooseEndpoint(many, 'zzz')).hint).toMatch(/ and 10 more\.$/);
  });

  it('calls what an author hid only by its exact name', () => {
    expect(chooseEndpoint(app, '/quiet').hidden).toBe(true);
    expect(refusal(() => chooseEndpoint(app, '/Quiet')).hint).not.toContain('/quiet');
    expect(rankEndpoints(app).map((one) => one.name)).not.toContain('/quiet');
  });

  it('picks what the app is there for, and puts wiring of the page last', () => {
    expect(chooseEndpoint(app).name).toBe('/generate');
    const ranked = rankEndpoints(app).map((one) => one.name);
    expect(ranked.slice(-3).sort()).toEqual(['/lambda', '/nothing', '/on_clear']);
  });

  it('picks the useful one of a chain with helpers', () => {
    const chain = appOf(
      ['start_session', [], []],
      ['lambda', [], [NUMBER]],
      ['preprocess_image', [IMAGE], [IMAGE]],
      ['get_seed', [NUMBER], [NUMBER]],
      ['image_to_3d', [IMAGE, NUMBER, STATE], [MODEL, STATE], 'Makes a 3D model of a picture.'],
      ['extract_glb', [STATE, NUMBER], [MODEL]],
      ['lambda_1', [], [NUMBER]],
    );
    expect(chooseEndpoint(chain).name).toBe('/image_to_3d');
  });

  it('prefers the one that takes the arguments given', () => {
    const two = appOf(['generate', [TEXT], [IMAGE]], ['edit', [IMAGE, TEXT], [IMAGE]]);
    expect(chooseEndpoint(two).name).toBe('/generate');
    expect(chooseEndpoint(two, undefined, ['Image', 'textbox']).name).toBe('/edit');
    expect(chooseEndpoint(two, '', ['other']).name).toBe('/generate');
  });

  it('keeps the order of the author between equals', () => {
    expect(chooseEndpoint(appOf(['b', [TEXT], [TEXT]], ['a', [TEXT], [TEXT]])).name).toBe('/b');
  });

  it('says so when nothing can be called', () => {
    expect(refusal(() => chooseEndpoint(appOf())).code).toBe('space_broken');
    expect(refusal(() => chooseEndpoint(appOf(), 'x')).hint).toMatch(/none that can be called/);
  });
});
