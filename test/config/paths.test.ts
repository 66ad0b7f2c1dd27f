import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  configPath,
  defaultSaveDirectory,
  downloadsDirectory,
  expandPath,
  isTruthy,
  readHubEnvironment,
  resolvePaths,
} from '../../src/config/paths.js';
import { expandHome } from '../../src/lib/files.js';
import { pretendPlatform } from '../platform.js';

describe('variables', () => {
  it.each(['1', 'on', 'YES', 'True', ' true '])('%j says yes', (value) => expect(isTruthy(value)).toBe(true));
  it.each([undefined, '', '0', 'no', 'false', '2', 'y'])('%j does not', (value) => expect(isTruthy(value)).toBe(false));

  it('are read as huggingface_hub reads them', () => {
    expect(readHubEnvironment({})).toEqual({
      endpoint: undefined,
      viewer: undefined,
      offline: false,
      origin: undefined,
      quiet: false,
    });
    expect(
      readHubEnvironment({
        HF_ENDPOINT: ' https://hf-mirror.com/ ',
        HF_DATASETS_SERVER: 'http://127.0.0.1:1/x',
        TRANSFORMERS_OFFLINE: '1',
        HF_HUB_USER_AGENT_ORIGIN: 'me',
        DO_NOT_TRACK: '1',
      }),
    ).toEqual({
      endpoint: 'https://hf-mirror.com/',
      viewer: 'http://127.0.0.1:1/x',
      offline: true,
      origin: 'me',
      quiet: true,
    });
    expect(readHubEnvironment({ HF_HUB_OFFLINE: 'ON' }).offline).toBe(true);
  });

  it.each([
    ['hf-mirror.com', 'HF_ENDPOINT is "hf-mirror.com"; allowed: a URL such as https://huggingface.co'],
    ['ftp://x', 'HF_ENDPOINT is "ftp://x"; allowed: a URL such as https://huggingface.co'],
    ['https://', 'HF_ENDPOINT is "https://"; allowed: a URL such as https://huggingface.co'],
    ['localhost:8080', 'HF_ENDPOINT is "localhost:8080"; allowed: a URL such as https://huggingface.co'],
    ['https://me:secret@x', 'HF_ENDPOINT holds a password; allowed: a URL such as https://huggingface.co'],
  ])('HF_ENDPOINT=%s is refused in words', (value, message) => {
    expect(() => readHubEnvironment({ HF_ENDPOINT: value })).toThrow(
      expect.objectContaining({ code: 'invalid_arguments', message }),
    );
  });

  it('names the variable that is wrong', () => {
    expect(() => readHubEnvironment({ HF_DATASETS_SERVER: 'x' })).toThrow(/^HF_DATASETS_SERVER is "x"/);
  });
});

describe('paths', () => {
  it('lie below HUGWIRE_HOME when it is set', () => {
    expect(resolvePaths({ HUGWIRE_HOME: '/hw' })).toEqual({
      config: resolve('/hw'),
      cache: resolve('/hw/cache'),
      state: resolve('/hw/state'),
    });
    expect(resolvePaths({ HUGWIRE_HOME: '~/hw' }).config).toBe(join(homedir(), 'hw'));
    expect(resolvePaths({ HUGWIRE_HOME: 'here' }).config).toBe(resolve('here'));
    expect(defaultSaveDirectory({ HUGWIRE_HOME: '/hw' })).toBe(resolve('/hw/files'));
  });

  it('are the usual ones otherwise, all absolute and all different', () => {
    const paths = Object.values(resolvePaths({ HUGWIRE_HOME: ' ' }));
    expect(paths.every(isAbsolute)).toBe(true);
    expect(new Set(paths).size).toBe(3);
    expect(defaultSaveDirectory({})).toBe(join(homedir(), 'Downloads', 'hugwire'));
  });

  it('expand a leading ~ only', () => {
    expect(expandHome('~')).toBe(homedir());
    expect(expandHome('~/a')).toBe(join(homedir(), 'a'));
    expect(expandHome('~other/a')).toBe('~other/a');
    expect(expandHome('/a/~/b')).toBe('/a/~/b');
  });

  it('expand variables that exist', () => {
    const env = { A: '/a', B: 'b' };
    expect(expandPath('$A/\u0024{B}/$C', env)).toBe('/a/b/$C');
    expect(expandPath(' ', env)).toBeUndefined();
    expect(expandPath(undefined, env)).toBeUndefined();
  });

  it('may stand in quotes, and hold the variables of Windows', () => {
    const env = { HUGWIRE_HOME: '"%BASE%/hug wire"', HF_HOME: "'/h h'", BASE: '/base' };
    expect(downloadsDirectory(env)).toBe(join('/h h', 'hub'));
    expect(resolvePaths({ ...env, HUGWIRE_HOME: '"$BASE/hug wire"' }).config).toBe(resolve('/base/hug wire'));
    pretendPlatform('win32');
    expect(resolvePaths(env).config).toBe(resolve('/base/hug wire'));
    expect(defaultSaveDirectory(env)).toBe(resolve('/base/hug wire/files'));
    expect(() => resolvePaths({ HUGWIRE_HOME: 'NUL' })).toThrow(/HUGWIRE_HOME: "NUL" is the name of a Windows device/);
    expect(() => configPath('/hw', 'C:config.json')).toThrow(/--config: "C:config.json" depends on/);
  });

  it('of downloads follow the same order as Python', () => {
    expect(downloadsDirectory({ HF_HUB_CACHE: '/c', HF_HOME: '/h' })).toBe('/c');
    expect(downloadsDirectory({ HUGGINGFACE_HUB_CACHE: '/o', HF_HOME: '/h' })).toBe('/o');
    expect(downloadsDirectory({ HF_HOME: '/h', XDG_CACHE_HOME: '/x' })).toBe(join('/h', 'hub'));
    expect(downloadsDirectory({ XDG_CACHE_HOME: '/x' })).toBe(join('/x', 'huggingface', 'hub'));
    expect(downloadsDirectory({})).toBe(join(homedir(), '.cache', 'huggingface', 'hub'));
  });
});
