import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { load } from 'js-yaml';
import { describe, expect, it } from 'vitest';

const WORKFLOWS = '.github/workflows';
const workflow = (name: string) => load(readFileSync(`${WORKFLOWS}/${name}`, 'utf8')) as Workflow;

interface Step {
  uses?: string;
  run?: string;
}

interface Job {
  uses?: string;
  needs?: string;
  environment?: unknown;
  permissions?: Record<string, string>;
  steps?: Step[];
}

interface Workflow {
  permissions: Record<string, string>;
  jobs: Record<string, Job>;
}

describe('SECURITY.md', () => {
  const text = readFileSync('SECURITY.md', 'utf8');
  const named = [...text.matchAll(/`((?:test|src|\.github)\/[^`]+)`/g)].map(([, path = '']) => path);

  it('names tests that exist', () => {
    expect(named.length).toBeGreaterThan(20);
    expect(named.filter((path) => !existsSync(path))).toEqual([]);
  });

  it('shows every threat by a test', () => {
    const rows = text.split('\n').filter((row) => row.startsWith('| ') && row.split('|').length === 5);
    const threats = rows.filter((row) => !row.startsWith('| threat '));
    expect(threats.length).toBeGreaterThan(15);
    expect(threats.filter((row) => !/`test\/[^`]+`[^|]*\|$/.test(row))).toEqual([]);
  });
});

describe('a release', () => {
  it('runs nothing of others that can be replaced', () => {
    const jobs = readdirSync(WORKFLOWS).flatMap((name) => Object.values(workflow(name).jobs));
    const used = jobs.flatMap(({ uses, steps = [] }) => [uses, ...steps.map((step) => step.uses)]);
    const foreign = used.filter((name) => name !== undefined && !name.startsWith('./'));
    expect(foreign.length).toBeGreaterThan(0);
    for (const name of foreign) expect(name).toMatch(/@[0-9a-f]{40}$/);
  });

  it('is published with provenance after all tests, and by that job alone', () => {
    const { permissions, jobs } = workflow('release.yml');
    const { publish = {}, page = {}, ...others } = jobs;
    expect(permissions).toEqual({ contents: 'read' });
    expect(Object.values(others).map((job) => job.permissions)).toEqual([undefined]);
    // The page of the release is made by a job that can neither publish nor sign.
    expect(page.permissions).toEqual({ contents: 'write' });
    expect(page.needs).toBe('publish');
    expect(JSON.stringify(page)).not.toContain('NPM_TOKEN');
    expect(publish.permissions).toEqual({ contents: 'read', 'id-token': 'write' });
    expect(publish.environment).toBeDefined();
    expect(jobs[publish.needs ?? '']?.uses).toBe('./.github/workflows/test.yml');
    const commands = publish.steps?.map(({ run }) => run ?? '').join('\n') ?? '';
    expect(commands).toMatch(/npm publish .*--provenance --access public/);
    for (const job of [publish, page]) {
      const steps = job.steps?.map(({ run }) => run ?? '').join('\n') ?? '';
      expect(steps).not.toMatch(/npm ci(?! --ignore-scripts)/);
    }
  });
});

describe('the image', () => {
  const lines = readFileSync('Dockerfile', 'utf8').split('\n');
  const find = (start: string) => lines.filter((line) => line.startsWith(start));

  it('has one base, which is pinned, and runs without rights', () => {
    const bases = find('FROM').map((line) => line.replace(/ AS \w+$/, ''));
    expect(new Set(bases).size).toBe(1);
    expect(bases[0]).toMatch(/^FROM node:\d+\.\d+\.\d+-alpine\d+\.\d+@sha256:[0-9a-f]{64}$/);
    const final = lines.slice(lines.findLastIndex((line) => line.startsWith('FROM')));
    expect(final.filter((line) => line.startsWith('USER'))).toEqual(['USER node']);
    expect(final.findIndex((line) => line.startsWith('USER'))).toBeGreaterThan(
      final.findLastIndex((line) => line.startsWith('RUN')),
    );
    expect(final.filter((line) => line.startsWith('HEALTHCHECK'))).toHaveLength(1);
  });

  it('is built from files that are there, by scripts that are there, without those of packages', () => {
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8'));
    const sources = find('COPY').filter((line) => !line.includes('--from='));
    const [first, ...allowed] = readFileSync('.dockerignore', 'utf8')
      .split('\n')
      .filter((line) => /^[^#]/.test(line));
    expect(first).toBe('*');
    const copied = sources.flatMap((line) => line.split(' ').slice(1, -1));
    expect(copied.map((name) => `!${name}`).sort()).toEqual(allowed.sort());
    for (const name of copied) expect(existsSync(name), name).toBe(true);
    const commands = find('RUN').flatMap((line) => line.slice('RUN '.length).split(' && '));
    for (const command of commands) {
      const [, script] = /^npm run (\S+)/.exec(command) ?? [];
      if (script) expect(Object.keys(scripts)).toContain(script);
      else if (command.startsWith('npm')) expect(command).toMatch(/^npm (?:ci|pack|install) .*--ignore-scripts/);
    }
  });
});
