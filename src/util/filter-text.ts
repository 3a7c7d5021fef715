import type {Filter} from '../types/stream.ts';
import {containerLabel} from './container-label.ts';
import {visible} from './sanitize.ts';

/** What a run is held to, as name and value that can be shown; a container's cgroup goes without saying. */
export function filterParts({container, ...rest}: Filter): [name: string, value: string][] {
  const {cgroup, ...others} = rest;
  const parts = Object.entries(container ? others : rest).map(([name, value]): [string, string] => [
    name,
    visible(String(value)),
  ]);
  if (!container) return parts;
  return [...parts, ['container', visible(containerLabel(container))]];
}
