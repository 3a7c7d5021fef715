import type {Buffer} from 'node:buffer';
import {converse} from './converse.ts';
import {get} from './http1.ts';
import {entriesOf} from './json-list.ts';
import {Malformed} from './protobuf.ts';
import {clean, cleanId, known} from './text.ts';
import type {KnownContainer, Limits} from './types.ts';

type Json = Record<string, unknown>;
const object = (value: unknown): Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};

function container(entry: Json, runtime: string): KnownContainer | undefined {
  const id = cleanId(entry.Id);
  if (!id) return undefined;
  const names: unknown[] = Array.isArray(entry.Names) ? entry.Names : [];
  const labels = object(entry.Labels);
  const label = (name: string) => labels[`io.kubernetes.${name}`];
  const own = clean(typeof names[0] === 'string' ? names[0].replace(/^\//, '') : undefined);
  return known({
    id,
    // In a pod Docker's own name is made of all of these.
    name: clean(label('container.name')) ?? own,
    image: clean(entry.Image),
    pod: clean(label('pod.name')),
    namespace: clean(label('pod.namespace')),
    pod_uid: cleanId(label('pod.uid')),
    runtime,
  });
}

function parsed(entry: Buffer): unknown {
  try {
    return JSON.parse(entry.toString('utf8'));
  } catch {
    throw new Malformed('its answer is no JSON');
  }
}

/** Docker's list of containers, or Podman's in its likeness. */
export function readDocker(bytes: Buffer, runtime: string, max: number): KnownContainer[] {
  return entriesOf(bytes, max)
    .map((entry) => container(object(parsed(entry)), runtime))
    .filter((made) => made !== undefined);
}

/** The address without a version is that of the newest one. */
export const askDocker = (path: string, limits: Limits, signal: AbortSignal): Promise<Buffer> =>
  converse(path, get('/containers/json'), limits, signal);
