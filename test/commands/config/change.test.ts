import { describe, expect, it } from 'vitest';
import { findKey, readValue, splitKey, writeKey } from '../../../src/commands/config/change.js';

describe('a key', () => {
  it.each([
    ['hub.offline', ['hub', 'offline']],
    ['spaces.pinned[0].tool', ['spaces', 'pinned', 0, 'tool']],
    ['spaces.pinned.0.tool', ['spaces', 'pinned', 0, 'tool']],
    ['limits.hub_search.perMinute', ['limits', 'hub_search', 'perMinute']],
    ['profiles.work.tools.readOnly', ['profiles', 'work', 'tools', 'readOnly']],
  ])('%s leads to %j', (text, path) => {
    expect(splitKey(text)).toEqual(path);
    expect(findKey(text).path).toEqual(path);
    expect(findKey(writeKey(path)).path).toEqual(path);
  });

  it.each([
    ['hub.ofline', 'Did you mean hub.offline?'],
    ['hub.timeout_seconds', 'Did you mean hub.timeoutSeconds?'],
    ['readOnly', 'Did you mean tools.readOnly?'],
    ['hbu.offline', 'Did you mean hub?'],
    ['hub.zzzzzz', 'The keys of hub are endpoint, timeoutSeconds, offline.'],
    ['spaces.pinned[0].tol', 'Did you mean spaces.pinned[0].tool?'],
    ['profiles.work.tools.readonyl', 'Did you mean profiles.work.tools.readOnly?'],
    ['hub.offline.x', 'hub.offline has no keys.'],
    ['spaces.pinned.first', 'spaces.pinned has no keys.'],
    ['limits.', 'limits has no keys.'],
    ['__proto__.x', /^The sections are token, hub, /],
    ['hub.constructor', /^The keys of hub are/],
  ])('%s is none: %s', (text, hint) => {
    expect(() => findKey(text)).toThrow(
      expect.objectContaining({
        code: 'invalid_arguments',
        hint: typeof hint === 'string' ? hint : expect.stringMatching(hint),
      }),
    );
  });

  it('that is a token is not repeated', () => {
    expect(() => findKey(`hf_${'aB1'.repeat(10)}`)).toThrow('The config has no key "[token]".');
  });
});

describe('a value', () => {
  it.each<[string, string[], unknown]>([
    ['hub.timeoutSeconds', ['2.5'], 2.5],
    ['hub.timeoutSeconds', ['soon'], 'soon'],
    ['hub.timeoutSeconds', [''], ''],
    ['hub.offline', ['yes'], true],
    ['hub.offline', ['False'], false],
    ['hub.offline', ['1'], '1'],
    ['spaces.others', ['off'], 'off'],
    ['token.name', ['true'], 'true'],
    ['tools.disable', ['hub_read', 'hub_repo'], ['hub_read', 'hub_repo']],
    ['tools.disable', ['hub_read'], ['hub_read']],
    ['tools.disable', ['["hub_read"]'], ['hub_read']],
    ['tools.disable', ['[]'], []],
    ['tools.disable', ['[broken'], '[broken'],
    ['spaces.pinned', ['{"space":"a/b","tool":"x"}'], [{ space: 'a/b', tool: 'x' }]],
    ['limits.all', ['{"atOnce":2}'], { atOnce: 2 }],
    ['files.readFrom[0]', ['/a b'], '/a b'],
  ])('of %s from %j is %j', (key, words, value) => {
    expect(readValue(words, findKey(key))).toEqual(value);
  });

  it('that is one is not several words', () => {
    expect(() => readValue(['a', 'b'], findKey('token.name'))).toThrow('"token.name" takes one value.');
  });
});
