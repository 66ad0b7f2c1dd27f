import type { DemoRuntime, DemoSpaceRepo } from '../repos.js';
import { present } from './card.js';
import { buildRepo } from './repo.js';
import type { SpaceSeed } from './seeds.js';

/** Stages in which a machine is there to serve. */
const UP = new Set(['RUNNING', 'RUNNING_BUILDING', 'RUNNING_APP_STARTING']);

/** Turns a Space as its author writes it down into all that the Hub says of it. */
export function buildSpace(seed: SpaceSeed): DemoSpaceRepo {
  const cardData = present({
    title: seed.title,
    emoji: seed.emoji,
    colorFrom: seed.colors[0],
    colorTo: seed.colors[1],
    sdk: seed.sdk,
    sdk_version: seed.sdkVersion,
    app_file: seed.sdk === 'gradio' ? 'app.py' : undefined,
    pinned: seed.pinned ?? false,
    license: seed.license,
    short_description: seed.short,
    models: seed.models,
    datasets: seed.datasets,
    tags: seed.tags,
    ...seed.frontMatter,
  });
  const repo = buildRepo('space', seed, cardData, []);
  const subdomain = subdomainOf(seed.id);
  return {
    ...repo,
    tags: [seed.sdk, ...(seed.tags ?? []), ...(seed.license ? [`license:${seed.license}`] : []), 'region:us'],
    sdk: seed.sdk,
    title: seed.title,
    emoji: seed.emoji,
    colorFrom: seed.colors[0],
    colorTo: seed.colors[1],
    pinned: seed.pinned ?? false,
    shortDescription: seed.short,
    aiShortDescription: seed.aiShort,
    aiCategory: seed.category,
    subdomain,
    runtime: runtimeOf(seed, subdomain, repo.sha),
    models: seed.models ?? [],
    datasets: seed.datasets ?? [],
    originSpace: seed.origin,
  };
}

/** Lower case, and every run of other characters than letters and digits a hyphen. */
const subdomainOf = (id: string) =>
  id
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');

function runtimeOf(seed: SpaceSeed, subdomain: string, sha: string): DemoRuntime {
  const up = UP.has(seed.stage);
  const hardware = seed.hardware ?? 'cpu-basic';
  const requested = seed.requested ?? hardware;
  const custom = seed.customDomain ? [{ domain: seed.customDomain, isCustom: true, stage: 'READY' }] : [];
  return {
    stage: seed.stage,
    hardware: seed.sdk === 'static' ? { current: null, requested: null } : { current: up ? hardware : null, requested },
    storage: null,
    gcTimeout: hardware === 'cpu-basic' ? 172_800 : null,
    replicas: { current: up ? 1 : 0, requested: 1 },
    devMode: false,
    domains: [{ domain: `${subdomain}.hf.space`, stage: 'READY' }, ...custom],
    sha,
    ...(seed.errorMessage && { errorMessage: seed.errorMessage }),
  };
}
