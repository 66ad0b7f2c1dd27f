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
    const { publish = {}, ...others } = jobs;
    expect(permissions).toEqual({ contents: 'read' });
    expect(Object.values(others).map((job) => job.permissions)).toEqual([undefined]);
    expect(publish.permissions).toEqual({ contents: 'read', 'id-token': 'write' });
    expect(publish.environment).toBeDefined();
    expect(jobs[publish.needs ?? '']?.uses).toBe('./.github/workflows/test.yml');
    const commands = publish.steps?.map(({ run }) => run ?? '').join('\n') ?? '';
    expect(commands).toMatch(/npm publish .*--provenance --access public/);
    expect(commands).not.toMatch(/npm ci(?! --ignore-scripts)/);
  });
});

describe('the image', () => {
  const lines = readFileSync('Dockerfile', 'utf8').split('\n');
  const find = (start: string) => lines.filter((line) => line.startsWith(start));

  it('has a base that is pinned, this version, and no rights', () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
    expect(find('FROM')).toEqual([
      expect.stringMatching(/^FROM node:\d+\.\d+\.\d+-alpine\d+\.\d+@sha256:[0-9a-f]{64}$/),
    ]);
    expect(find('ARG')).toEqual([`ARG VERSION=${version}`]);
    expect(find('USER')).toEqual(['USER node']);
    expect(find('COPY')).toEqual([]);
  });
});
