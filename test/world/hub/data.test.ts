import { load } from 'js-yaml';
import { describe, expect, it } from 'vitest';
import { identify, whoami } from '../../../src/world/hub/access.js';
import vocabulary from '../../../src/world/hub/data/vocabulary.json';
import { authors, renamed } from '../../../src/world/hub/data.js';
import { type DemoKind, type DemoRepo, datasets, models, spaces } from '../../../src/world/hub/repos.js';
import { categorySlugs } from '../../../src/world/hub/search.js';
import { HubState } from '../../../src/world/hub/state.js';

const all: DemoRepo[] = [...models, ...datasets, ...spaces];

const textOf = (repo: DemoRepo, path: string) => {
  const file = repo.refs[0]?.files.find((candidate) => candidate.path === path);
  return file?.content.slice(0, file.size).toString();
};

it('is a world of some size', () => {
  expect(models.length).toBeGreaterThanOrEqual(34);
  expect(datasets.length).toBeGreaterThanOrEqual(14);
  expect(spaces.length).toBeGreaterThanOrEqual(16);
});

describe.each(all.map((repo) => [`${repo.kind} ${repo.id}`, repo] as const))('%s', (_, repo) => {
  it('is sound', () => {
    expect(repo._id).toMatch(/^[0-9a-f]{24}$/);
    expect(repo.sha).toMatch(/^[0-9a-f]{40}$/);
    expect(authors).toHaveProperty([repo.author]);
    expect(Date.parse(repo.createdAt)).toBeLessThanOrEqual(Date.parse(repo.lastModified));
    expect(Date.parse(repo.lastModified)).toBeLessThan(Date.parse('2026-11-21'));
    expect(repo.tags).toContain('region:us');
    expect(new Set(repo.tags).size).toBe(repo.tags.length);
    const paths = repo.refs[0]?.files.map(({ path }) => path) ?? [];
    expect(new Set(paths).size).toBe(paths.length);
  });

  it('has a card whose front matter is its card data', () => {
    const card = textOf(repo, 'README.md') ?? '';
    const matter = /^\ufeff?---\r?\n([\s\S]*?)\r?\n---\r?\n/.exec(card)?.[1];
    expect(matter === undefined ? undefined : load(matter)).toEqual(repo.cardData);
    expect(card).toMatch(/^#+ \S/m);
  });
});

it('holds every sort of repository that people meet', () => {
  expect(all.filter((repo) => repo.private).map(({ kind }) => kind)).toEqual(['model', 'model', 'dataset', 'space']);
  expect(all.filter((repo) => repo.disabled)).toHaveLength(1);
  expect(new Set(all.map(({ gated }) => gated))).toEqual(new Set([false, 'auto', 'manual']));
  expect(models.filter(({ gguf }) => gguf).length).toBeGreaterThanOrEqual(2);
  const stages = new Set(spaces.map(({ runtime }) => runtime.stage));
  expect(stages).toEqual(new Set(['RUNNING', 'SLEEPING', 'PAUSED', 'BUILD_ERROR', 'BUILDING', 'RUNTIME_ERROR']));
  expect(new Set(spaces.map(({ sdk }) => sdk))).toEqual(new Set(['gradio', 'docker', 'static']));
  const cards = all.map((repo) => textOf(repo, 'README.md') ?? '');
  expect(cards.filter((card) => card.startsWith('\ufeff') && card.includes('\r\n'))).toHaveLength(1);
  expect(cards.filter((card) => card.includes('<!--'))).toHaveLength(1);
  expect(cards.filter((card) => !/^\ufeff?---/.test(card))).toHaveLength(1);
});

it('uses only tasks and categories of the vocabulary', () => {
  const known = Object.values(vocabulary.tasks).flat();
  for (const { pipelineTag } of models) if (pipelineTag) expect(known).toContain(pipelineTag);
  for (const { aiCategory } of spaces) expect(categorySlugs).toContain(aiCategory);
});

it('leads old ids to repositories that are there', () => {
  for (const [kind, ids] of Object.entries(renamed)) {
    for (const [old, id] of Object.entries(ids)) {
      expect(old).toBe(old.toLowerCase());
      expect(new HubState().find(kind as DemoKind, id)?.id).toBe(id);
    }
  }
});

it('tells an anonymous caller from one with a bad header', () => {
  expect(identify(undefined)).toEqual({});
  for (const header of ['', 'Bearer', 'Basic abc', 'Bearer hf_nobody'])
    expect(identify(header)).toEqual({ invalid: true });
  const { user } = identify('bearer hf_demo_read_theo');
  expect(user && whoami(user)).toMatchObject({ name: 'theo', isPro: false, orgs: [] });
});
