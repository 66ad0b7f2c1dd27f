import { describe, expect, it } from 'vitest';
import { chooseEndpoint, likeliestEndpoints, rankEndpoints } from '../../src/gradio/choose.js';
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

/** A function of a page: its name, the event that fires it, and the components that it takes and gives. */
type PageFunction = [name: string, event: string, inputs: string, outputs: string];

/**
 * A page's components and functions, as `/config` has them. Components are named by their type and a letter, `textA`; an
 * event with `!` is one whose function wants to know what was clicked; `then` follows the function before it.
 */
function pageOf(functions: readonly PageFunction[]) {
  const names = [...new Set(functions.flatMap(([, , inputs, outputs]) => `${inputs} ${outputs}`.split(' ')))];
  const components = names.filter(Boolean).map((id) => {
    const type = id.replace(/[A-Z]$/, '').replace('text', 'textbox');
    return { id, type, skip_api: type === 'state', props: { label: id } };
  });
  const dependencies = functions.map(([api_name, event, inputs, outputs], id) => ({
    id,
    api_name,
    inputs: inputs.split(' ').filter(Boolean),
    outputs: outputs.split(' ').filter(Boolean),
    targets: event === '' ? [] : [[1, event.replace('!', '')]],
    trigger_after: event === 'then' ? id - 1 : null,
    collects_event_data: event.endsWith('!'),
  }));
  return { components, dependencies };
}

const CHOICES: [what: string, wanted: string, functions: PageFunction[]][] = [
  [
    'a click before a change, a timer and what runs at the start',
    '/summarize',
    [
      ['count', 'change', 'text', 'number'],
      ['greet', 'load', '', 'textA'],
      ['watch', 'tick', '', 'plot'],
      ['summarize', 'click', 'text', 'textB'],
    ],
  ],
  [
    'what is made for calls before wiring',
    '/lookup',
    [
      ['fill', 'select!', 'text', 'textA'],
      ['lookup', '', 'textA', 'json'],
      ['echo', 'input', 'textA', 'textB'],
    ],
  ],
  [
    'the work, though the page runs it after something else',
    '/paint',
    [
      ['lambda', 'click', '', 'button'],
      ['paint', 'then', 'text', 'image'],
      ['lambda_1', 'then', '', 'button'],
    ],
  ],
  [
    'the message before the answer to it',
    '/user',
    [
      ['user', 'submit', 'text chatbot', 'text chatbot'],
      ['bot', 'then', 'chatbot', 'chatbot'],
      ['clear_chat', 'click', '', 'chatbot'],
      ['vote', 'like!', '', ''],
    ],
  ],
  [
    'what needs nothing of an earlier call',
    '/image_to_3d',
    [
      ['start', 'load', '', ''],
      ['tidy', 'upload', 'image', 'image'],
      ['seed_of', 'click', 'checkbox slider', 'slider'],
      ['image_to_3d', 'then', 'image slider', 'state video'],
      ['extract', 'click', 'state slider', 'model3d'],
    ],
  ],
  [
    'the work before what only prepares its input',
    '/paint',
    [
      ['improve', 'click', 'text', 'text'],
      ['paint', 'click', 'text', 'image'],
    ],
  ],
  [
    'one of twins that a button and a key share',
    '/paint',
    [
      ['paint', 'click', 'text', 'image'],
      ['paint_1', 'submit', 'text', 'image'],
    ],
  ],
  [
    'both of two tabs, which Gradio names alike',
    '/predict /predict_1',
    [
      ['predict', 'click', 'text', 'textA'],
      ['predict_1', 'click', 'textB', 'textC'],
    ],
  ],
  [
    'both of two buttons beside the same boxes',
    '/encode /decode',
    [
      ['encode', 'click', 'text', 'textA'],
      ['decode', 'click', 'text', 'textA'],
    ],
  ],
  [
    'both numbered steps, where none has the bare name',
    '/step_1 /step_2',
    [
      ['step_1', 'click', 'text', 'textA'],
      ['step_2', 'click', 'text', 'textA'],
    ],
  ],
  ['the only one, whatever fires it', '/lambda', [['lambda', 'change', 'number', 'number']]],
];

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

  it('keeps the order of the author between equals, media first', () => {
    const equals = appOf(['b', [TEXT], [TEXT]], ['a', [TEXT], [TEXT]], ['c', [TEXT], [IMAGE]]);
    expect(rankEndpoints(equals).map(({ name }) => name)).toEqual(['/c', '/b', '/a']);
  });

  it('chooses nothing between equals, and answers with calls to copy', () => {
    const error = refusal(() =>
      chooseEndpoint(appOf(['a', [TEXT], [IMAGE], 'Says a.'], ['b', [TEXT], [MODEL], 'Says b.'])),
    );
    expect(error).toMatchObject({
      code: 'invalid_arguments',
      message: 'Several endpoints of owner/name may be meant; none was run.',
      hint: [
        'Call one of them:',
        'space_call {"space":"owner/name","endpoint":"/a","arguments":{"textbox":"text"}} gives “image”: “Says a.”',
        'space_call {"space":"owner/name","endpoint":"/b","arguments":{"textbox":"text"}} gives “model3d”: “Says b.”',
      ].join('\n'),
    });
    const many = Array.from({ length: 9 }, (_, at): [string, number[], number[]] => [`do${at}x`, [TEXT], [TEXT]]);
    expect(refusal(() => chooseEndpoint(appOf(...many))).hint).toMatch(
      /\nand 3 more: space_info \{"space":"owner\/name"\}$/,
    );
  });

  it('lets the arguments decide between equals', () => {
    const two = appOf(['encode', [TEXT], [TEXT]], ['encrypt', [TEXT, NUMBER], [TEXT]]);
    expect(chooseEndpoint(two, undefined, ['textbox', 'number']).name).toBe('/encrypt');
    // The other one needs a number as well.
    expect(chooseEndpoint(two, undefined, ['textbox']).name).toBe('/encode');
  });

  it.each(CHOICES)('%s', (_, wanted, functions) => {
    const { components, dependencies } = pageOf(functions);
    const app: App = { ...appOf(), endpoints: describeEndpoints({ components, dependencies }, {}) };
    expect(likeliestEndpoints(app).map(({ name }) => name)).toEqual(wanted.split(' '));
  });

  it('has nothing to run where all need a click in the page', () => {
    const { components, dependencies } = pageOf([['pick', 'select!', 'image', 'text']]);
    const app: App = { ...appOf(), endpoints: describeEndpoints({ components, dependencies }, {}) };
    expect(refusal(() => chooseEndpoint(app)).message).toBe('owner/name can only be used on its web page.');
    expect(chooseEndpoint(app, 'pick').needsEvent).toBe(true);
  });

  it('says so when nothing can be called', () => {
    expect(refusal(() => chooseEndpoint(appOf())).code).toBe('space_broken');
    expect(refusal(() => chooseEndpoint(appOf(), 'x')).hint).toMatch(/None of its endpoints can be called/);
  });
});
