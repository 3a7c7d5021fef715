import {Buffer} from 'node:buffer';
import {converse} from './converse.ts';
import {call} from './grpc.ts';
import {Message} from './protobuf.ts';
import {clean, cleanId, known} from './text.ts';
import {type KnownContainer, type Limits, NoList} from './types.ts';

/** Labels that the kubelet gives its containers. A runtime's own tools give none, but their sandboxes know as much. */
const POD_NAME = 'io.kubernetes.pod.name';
const POD_NAMESPACE = 'io.kubernetes.pod.namespace';
const POD_UID = 'io.kubernetes.pod.uid';
/** Bytes of text that are looked at; what is kept is less. */
const MAX = 1024;

type Pod = Pick<KnownContainer, 'pod' | 'namespace' | 'pod_uid'>;
interface Container extends Pod {
  id?: string;
  sandbox?: string;
  name?: string;
  attempt?: number;
  image?: string;
}
type Sandbox = Pod & {id?: string};

/** Calls `each` for every message of a repeated field. */
function repeated(bytes: Buffer, field: number, max: number, each: (message: Message) => void): void {
  let count = 0;
  for (const list = new Message(bytes); list.next(); ) {
    if (list.field !== field) continue;
    if (++count > max) throw new NoList(`a list of more than ${max} containers`);
    each(list.message());
  }
}

/** An entry of a map: key and value are its fields 1 and 2. */
function label(entry: Message, into: Pod): void {
  let key: string | undefined;
  let value: string | undefined;
  while (entry.next()) {
    if (entry.field === 1) key = entry.text(MAX);
    else if (entry.field === 2) value = entry.text(MAX);
  }
  if (key === POD_NAME) into.pod = clean(value);
  else if (key === POD_NAMESPACE) into.namespace = clean(value);
  else if (key === POD_UID) into.pod_uid = cleanId(value);
}

/** `runtime.v1.ImageSpec`. What the user wrote says more than what the kubelet made of it: often a digest. */
function image(spec: Message): string | undefined {
  let asked: string | undefined;
  let written: string | undefined;
  while (spec.next()) {
    if (spec.field === 1) asked = clean(spec.text(MAX));
    else if (spec.field === 18) written = clean(spec.text(MAX));
  }
  return written ?? asked;
}

/** `runtime.v1.Container`. */
function container(message: Message): Container {
  const made: Container = {};
  while (message.next()) {
    if (message.field === 1) made.id = cleanId(message.text(MAX));
    else if (message.field === 2) made.sandbox = message.text(MAX);
    else if (message.field === 3) {
      // A 0 isn't written.
      made.attempt = 0;
      for (const metadata = message.message(); metadata.next(); ) {
        if (metadata.field === 1) made.name = clean(metadata.text(MAX));
        else if (metadata.field === 2) made.attempt = metadata.number();
      }
    } else if (message.field === 4) made.image = image(message.message());
    else if (message.field === 8) label(message.message(), made);
  }
  return made;
}

/** `runtime.v1.PodSandbox`. */
function sandbox(message: Message): Sandbox {
  const made: Sandbox = {};
  while (message.next()) {
    if (message.field === 1) made.id = cleanId(message.text(MAX));
    else if (message.field === 2) {
      for (const metadata = message.message(); metadata.next(); ) {
        if (metadata.field === 1) made.pod = clean(metadata.text(MAX));
        else if (metadata.field === 2) made.pod_uid = cleanId(metadata.text(MAX));
        else if (metadata.field === 3) made.namespace = clean(metadata.text(MAX));
      }
    }
  }
  return made;
}

/** `runtime.v1.Image`: a name for each of its ids. */
function tags(message: Message, into: Map<string, string>): void {
  let id: string | undefined;
  let tag: string | undefined;
  while (message.next()) {
    if (message.field === 1) id = clean(message.text(MAX));
    else if (message.field === 2) tag ??= clean(message.text(MAX));
  }
  if (id && tag) into.set(id, tag);
}

export interface Answers {
  containers: Buffer;
  sandboxes: Buffer;
  images?: Buffer;
}

/**
 * What a runtime said, as one list. A pod's sandbox (the process that holds its namespaces) is a container without a
 * name of its own. Throws what `Message` throws.
 */
export function readCri(answers: Answers, runtime: string, max: number): KnownContainer[] {
  const pods = new Map<string, Sandbox>();
  repeated(answers.sandboxes, 1, max, (message) => {
    const made = sandbox(message);
    if (made.id) pods.set(made.id, made);
  });
  const names = new Map<string, string>();
  if (answers.images) repeated(answers.images, 1, max, (message) => tags(message, names));
  const list: KnownContainer[] = [];
  repeated(answers.containers, 1, max, (message) => {
    const {id, sandbox: within, ...made} = container(message);
    const {id: _, ...pod} = pods.get(within ?? '') ?? {};
    if (!id) return;
    const named = made.image && names.get(made.image);
    list.push({...known({...pod, ...known({...made, image: named ?? made.image})}), id, runtime});
  });
  for (const {id, ...pod} of pods.values()) if (id) list.push({...known(pod), id, runtime});
  return list;
}

/** Does a container name its image by a digest alone (field 1, 71 bytes long)? */
const needsTags = (bytes: Buffer): boolean => bytes.includes('\x0a\x47sha256:');

/** Asks a runtime for its containers, those that have ended and are still kept too. */
export async function askCri(path: string, limits: Limits, signal: AbortSignal): Promise<Answers> {
  const ask = (method: string) =>
    converse(path, call(`/runtime.v1.${method}`, Buffer.alloc(0), limits.maxBytes), limits, signal);
  const containers = await ask('RuntimeService/ListContainers');
  const sandboxes = await ask('RuntimeService/ListPodSandbox');
  // Without tags there still are the digests.
  const images = needsTags(containers) ? await ask('ImageService/ListImages').catch(() => undefined) : undefined;
  return {containers, sandboxes, images};
}
