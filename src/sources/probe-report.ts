import type {NativeRole} from '../native/engine.ts';
import type {ProbeInfo} from '../types/stream.ts';

/** A method that was not to be had. */
export interface Refusal {
  method: string;
  /** Errno by name; absent where there was none (left out on purpose). */
  errno?: string;
  /** The last word of the verifier or of libbpf, or that it was skipped. */
  detail?: string;
}

/** A part of a probe. */
export interface RoleReport {
  name: string;
  /** Without it the probe is unavailable. */
  required: boolean;
  attached: boolean;
  /** What plays it now. */
  method?: string;
  program?: string;
  /** What is missing this way. */
  lost?: string;
  /** Better choices, in the order in which they were tried. */
  refused: Refusal[];
}

/** A probe after it was tried: its state, and the same part by part. */
export interface ProbeReport extends ProbeInfo {
  default: boolean;
  roles: RoleReport[];
}

/** A refusal begins with a method and its errno; a sentence of the verifier may hold semicolons of its own. */
const NEXT = /; (?=[a-z_.]+: (?:E[A-Z0-9]+\b|skipped|error|the kernel's type))/;

/** `tp_btf: EINVAL: unknown func …; kprobe: ENOENT` as libkstop writes it. */
export function refusals(text: string): Refusal[] {
  if (text === '') return [];
  return text.split(NEXT).map((each) => {
    const [, method = '', errno, detail] = /^([a-z_.]+): (E[A-Z0-9]+)?(?:: )?(.*)$/s.exec(each) ?? [];
    if (method === '') return {method: '', detail: each};
    return {method, ...(errno && {errno}), ...(detail && {detail})};
  });
}

/** What a sentence tells of a refusal of BPF as such: `the kernel refused a BPF ring buffer: EPERM`. */
export function refusalIn(sentence: string): Refusal {
  const errnos: string[] = sentence.match(/\bE[A-Z0-9]{2,}\b/g) ?? [];
  // What the kernel doesn't know comes before it is refused: of several, a denial is what stands in the way.
  const errno = errnos.find((name) => name === 'EPERM' || name === 'EACCES') ?? errnos[0];
  const detail = /: skipped\b/.test(sentence) ? 'skipped' : sentence;
  return {method: 'bpf', ...(errno && {errno}), detail};
}

export function roleReport(role: NativeRole): RoleReport {
  const {name, method, program, lost} = role;
  return {
    name,
    required: role.required !== 0,
    attached: role.attached !== 0,
    ...(method && {method}),
    ...(program && {program}),
    ...(lost && {lost}),
    refused: refusals(role.refused),
  };
}

/** A probe that has no parts: it reads files, say. */
export function wholeReport({id, state, method, reason}: ProbeInfo): RoleReport {
  const attached = state === 'attached' || state === 'degraded';
  return {
    name: id,
    required: true,
    attached,
    ...(attached && method && {method}),
    ...(attached && reason && {lost: reason}),
    refused: attached || !reason ? [] : refusals(reason),
  };
}
