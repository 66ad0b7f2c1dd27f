import { mongoId } from './build/hashes.js';
import { authors } from './data/authors.js';

/** What the API says of the owner of a repository. */
export function authorData(name: string): Record<string, unknown> {
  const known = authors[name];
  const type = known?.type ?? 'user';
  return {
    _id: mongoId(`${type} ${name}`),
    avatarUrl: `/avatars/${mongoId(`avatar ${name}`)}.svg`,
    fullname: known?.fullname ?? name,
    name,
    type,
    isHf: false,
    isHfAdmin: false,
    isMod: false,
    ...(type === 'org' ? { isEnterprise: known?.plan === 'enterprise' } : { isPro: known?.isPro ?? false }),
    followerCount: known?.followers ?? 0,
  };
}
