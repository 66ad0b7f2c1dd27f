import { describe, expect, it } from 'vitest';
import { describeEndpoints } from '../../src/gradio/endpoints.js';
import { describeUse } from '../../src/gradio/wiring.js';

describe('the wiring of a page', () => {
  const component = (id: number, type: string) => ({ id, type, skip_api: type === 'state', props: { label: type } });
  const components = [component(1, 'textbox'), component(2, 'chatbot'), component(3, 'state'), component(4, 'gallery')];
  const dependency = (id: number, api_name: string, inputs: number[], outputs: number[], more: object = {}) => ({
    id,
    api_name,
    inputs,
    outputs,
    targets: [[1, 'click']],
    ...more,
  });
  const use = (...dependencies: object[]) =>
    Object.fromEntries(
      describeEndpoints({ components, dependencies }, {}).map((one) => [one.name, describeUse(one).join(' ')]),
    );

  it('tells which function the page runs after which, but not what only tidies up', () => {
    const chained = (id: number) => ({ targets: [[null, 'then']], trigger_after: id });
    const told = use(
      dependency(0, 'user', [1, 2], [1, 2]),
      dependency(1, 'bot', [2], [2], chained(0)),
      dependency(2, 'lambda', [], [1], chained(1)),
      dependency(3, 'quiet', [2], [2], { ...chained(1), show_api: false }),
    );
    expect(told).toMatchObject({ '/user': 'The page runs it, then /bot.', '/bot': '' });
    const between = use(
      dependency(0, 'user', [1, 2], [1, 2]),
      { ...dependency(1, '', [], [1], chained(0)), api_name: false },
      dependency(2, 'lambda', [], [1], chained(1)),
      dependency(3, 'bot', [2], [2], chained(2)),
    );
    expect(between).toMatchObject({ '/user': 'The page runs it, then /bot.', '/lambda': '', '/bot': '' });
  });

  it('tells who shares hidden state, and who needs what another left', () => {
    const told = use(
      dependency(0, 'begin', [1], [3, 1]),
      dependency(1, 'go_on', [3], [1]),
      dependency(2, 'lambda', [3], [3]),
    );
    expect(told['/begin']).toBe('It keeps hidden state (also used by /go_on): calls with the same "session" share it.');
    expect(told['/go_on']).toBe(
      'It uses what /begin left in the same session: give the calls of both the same "session".',
    );
    expect(use(dependency(0, 'count', [3], [3, 1]))['/count']).toBe(
      'It keeps hidden state: calls with the same "session" share it.',
    );
  });

  it.each([
    ['Gradio says so', true, [[4, 'select']], true],
    ['Gradio says so of a click too', true, [[4, 'click']], true],
    ['Gradio says that it is not', false, [[4, 'select']], false],
    ['Gradio says nothing, and such an event alone fires it', undefined, [[4, 'select']], true],
    [
      'Gradio says nothing, and a click fires it as well',
      undefined,
      [
        [4, 'select'],
        [1, 'click'],
      ],
      false,
    ],
    ['only a call fires it', undefined, [], false],
  ])('a function needs a click where %s', (_, collects_event_data, targets, needed) => {
    const told = use(dependency(0, 'pick', [], [1], { targets, collects_event_data }));
    expect(told['/pick']?.startsWith('It needs a click in the page')).toBe(needed);
  });

  it('may be nonsense', () => {
    for (const odd of [null, 7, 'x', {}, [null], [{}], [[[]]], [[1, { toString: 1 }]]]) {
      expect(use(dependency(0, 'run', [1], [1], { targets: odd, trigger_after: odd }))).toEqual({ '/run': '' });
    }
    expect(use(dependency(0, 'loop', [1], [1], { trigger_after: 0 }))['/loop']).toBe('');
  });
});
