import type {PresetParameters, TraceEvent, TraceEventKind, TraceMap, TraceType} from '../../types/trace.ts';
import type {Code} from '../script/code.ts';
import type {Version} from '../version.ts';

/** A hook that a form of a preset can't do without, and the tracepoint's fields that it reads. */
export interface Need {
  type: TraceType;
  target: string;
  fields?: readonly string[];
}

/** What a form is written with. */
export interface Writing {
  version: Version;
  separator: string;
  parameters: PresetParameters;
  /** Whether a hook is there, for those that a form uses if it can. */
  has(type: TraceType, target: string): boolean;
  /** Whether a tracepoint has a field. */
  hasField(target: string, field: string): boolean;
  /** A tracepoint's field, as this version writes it. */
  arg(field: string): Code;
  pageBytes: number;
  syscallName(number: number): string;
}

/** One program of a preset. */
export interface PresetBlock {
  type: TraceType;
  target: string;
  /** Beside the process that was asked for. */
  when?: Code;
  /** Runs for whoever, since its process isn't the one that is traced (an interrupt's, or one that a map tells). */
  anyone?: boolean;
  /** Whole statements, with their `;` or `}`. */
  does: Code[];
}

/** A preset's programs and how their output is read. */
export interface Parts {
  blocks: PresetBlock[];
  events?: TraceEventKind[];
  maps?: TraceMap[];
  /** Maps that the programs work with; they are no answer. */
  scratch?: string[];
  /** Longest string, bytes; 64 if absent. */
  strlen?: number;
  keep?: (event: TraceEvent) => boolean;
  notes?: string[];
}

/** A way to answer a preset's question. */
export interface Form {
  /** The first is what it's called by. */
  needs: readonly [Need, ...Need[]];
  /** It follows the kernel's own structures, so the kernel must tell of its types. */
  types?: boolean;
  /** What it doesn't see. */
  notes?: readonly string[];
  write(writing: Writing): Parts;
}

/** A question that is asked often. */
export interface Preset {
  name: string;
  help: string;
  forPid: boolean;
  /** What the pattern is one of, if it takes one. */
  pattern?: string;
  /** Whether it tells of what is slow, so that `slow_ms` means something. */
  slow?: boolean;
  /** Best first. */
  forms: readonly Form[];
  /** Bare targets that it answers, `type:target`; `*` at the end for names that kernels add to. */
  answers: readonly string[];
}
