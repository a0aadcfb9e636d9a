/** Which route a request takes, by API Gateway's order: whole paths before greedy ones, longer before shorter, a method before ANY. */
import type { Route } from './manifest.ts';

export type FindRoute = (method: string, path: string) => Route | null;

export function createRouter(routes: readonly Route[]): FindRoute {
  const ordered = routes.map((route) => ({ route, pattern: compile(route.path) })).sort(byPrecedence);
  return (method, path) => {
    const found = ordered.find(
      ({ route, pattern }) => (route.method === 'ANY' || route.method === method) && pattern.test(path),
    );
    return found?.route ?? null;
  };
}

/** "/a/{b}" takes one segment for b, "/a/{b+}" one or more. */
function compile(path: string): RegExp {
  const parts = path.split(/(\{\w+\+?\})/).map((part) => {
    if (!part.startsWith('{')) return part.replace(/[.*+?^$()|[\]\\]/g, '\\$&');
    return part.endsWith('+}') ? '.+' : '[^/]+';
  });
  return new RegExp(`^${parts.join('')}$`);
}

function byPrecedence({ route: a }: { readonly route: Route }, { route: b }: { readonly route: Route }): number {
  return (
    Number(a.path.includes('+}')) - Number(b.path.includes('+}')) ||
    b.path.length - a.path.length ||
    Number(a.method === 'ANY') - Number(b.method === 'ANY')
  );
}
