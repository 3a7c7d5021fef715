import type {ContainerRef} from '../types/stream.ts';
import {visibleUpTo} from '../util/sanitize.ts';

/** A container that is here, and its outermost cgroup. */
export interface Placed {
  container: ContainerRef;
  cgroup: string;
}

/** Why none was chosen, and what to do. */
export interface Unchosen {
  why: string;
  remedy: string;
}

/** Less of an id could be anybody's. */
const LEAST_ID = 4;
/** Containers that a sentence names, and the characters of each. */
const LISTED = 6;
const LONGEST = 80;
/** Of an id that people have at hand. */
const SHORT_ID = 12;

/** What people call it beside its id: `name`, `pod/name`, `namespace/pod/name`. */
export function namesOf({name, pod, namespace}: ContainerRef): string[] {
  if (name === undefined) return [];
  if (pod === undefined) return [name];
  const inPod = `${pod}/${name}`;
  return namespace === undefined ? [name, inPod] : [name, inPod, `${namespace}/${inPod}`];
}

/** The longest name, with as much of the id as tells it from others. */
function called({container}: Placed): string {
  const name = namesOf(container).at(-1);
  const id = name === undefined ? container.id : container.id.slice(0, SHORT_ID);
  return visibleUpTo(name === undefined ? id : `${name} (${id})`, LONGEST);
}

function listed(all: readonly Placed[]): string {
  const names = all.slice(0, LISTED).map(called).join(', ');
  return all.length > LISTED ? `${names} and ${all.length - LISTED} more` : names;
}

/** Each way to name one, the surest first. */
const WAYS: readonly ((wanted: string, container: ContainerRef) => boolean)[] = [
  (wanted, {id}) => id === wanted,
  (wanted, container) => namesOf(container).includes(wanted),
  (wanted, {id}) => wanted.length >= LEAST_ID && id.startsWith(wanted),
];

/** The one that is meant by a name, `pod/name`, `namespace/pod/name`, an id or the begin of one. */
export function chooseContainer(wanted: string, all: readonly Placed[]): Placed | Unchosen {
  for (const way of WAYS) {
    const found = all.filter(({container}) => way(wanted, container));
    if (found.length === 1) return found[0]!;
    if (found.length === 0) continue;
    return {why: `${quoted(wanted)} may be ${listed(found)}`, remedy: another(found)};
  }
  return none(wanted, all);
}

/** Two may have one id, in two namespaces of containerd. */
function another(found: readonly Placed[]): string {
  const ids = new Set(found.map(({container}) => container.id));
  if (ids.size < found.length) return `name its cgroup: --cgroup ${found[0]!.cgroup}`;
  return 'give more of its name (namespace/pod/name) or of its id';
}

function none(wanted: string, all: readonly Placed[]): Unchosen {
  const remedy = 'give the name, pod/name or id of one that runs, or its cgroup with --cgroup PATH';
  if (all.length === 0) return {why: 'no container is to be seen here', remedy};
  const ofPod = all.filter(({container}) => container.pod === wanted && container.name !== undefined);
  if (ofPod.length > 0)
    return {why: `${quoted(wanted)} is a pod, of ${listed(ofPod)}`, remedy: 'give one of them as pod/name'};
  if (wanted.length < LEAST_ID && all.some(({container}) => container.id.startsWith(wanted)))
    return {why: `no container is called ${quoted(wanted)}`, remedy: `give ${LEAST_ID} characters of an id at least`};
  return {why: `${quoted(wanted)} is none of the containers here: ${listed(all)}`, remedy};
}

const quoted = (wanted: string): string => `'${visibleUpTo(wanted, LONGEST)}'`;
