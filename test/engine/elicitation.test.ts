import { describe, expect, it } from 'vitest';
import { canAsk, elicitationParams, readAnswer } from '../../src/engine/elicitation.js';

describe('whether a client can show a form', () => {
  it.each([
    [{ elicitation: {} }, true],
    [{ elicitation: { form: {} } }, true],
    [{ elicitation: { form: {}, url: {} } }, true],
    [{ elicitation: { url: {} } }, false],
    [{ elicitation: true }, false],
    [{}, false],
    [undefined, false],
    ['elicitation', false],
  ])('%j: %s', (capabilities, expected) => {
    expect(canAsk(capabilities)).toBe(expected);
  });
});

describe('the form', () => {
  it('of a question that is only a message is empty', () => {
    const params = elicitationParams({ message: 'Go?', fields: {} });
    expect(params).toEqual({ message: 'Go?', requestedSchema: { type: 'object', properties: {} } });
    expect(readAnswer({ message: 'Go?', fields: {} }, { action: 'accept' })).toEqual({ action: 'accept', values: {} });
  });

  it('tells titles, descriptions and what is filled in already', () => {
    const { requestedSchema } = elicitationParams({
      message: 'Who?',
      fields: { name: { type: 'text', title: 'Name', description: 'Yours', initial: 'Ada', optional: true } },
    });
    expect(requestedSchema).toEqual({
      type: 'object',
      properties: { name: { type: 'string', title: 'Name', description: 'Yours', default: 'Ada' } },
    });
  });
});

describe('an answer', () => {
  const fields = {
    name: { type: 'text', title: 'Name' },
    nick: { type: 'text', title: 'Nick', optional: true },
  } as const;
  const read = (content: unknown) => readAnswer({ message: '', fields }, { action: 'accept', content });

  it('holds what was asked for and nothing else', () => {
    expect(read({ name: 'Ada', more: 1, __proto__: null })).toEqual({
      action: 'accept',
      values: { name: 'Ada', nick: undefined },
    });
  });

  it.each([[{ name: 'x'.repeat(10_001) }], [{ name: null }], [{ nick: 'A' }], [['name']], [null]])(
    'that does not fit is none: %j',
    (content) => {
      expect(() => read(content)).toThrow(/holds no valid "name"/);
    },
  );
});
