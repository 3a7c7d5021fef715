import type {PresetInfo, PresetParameters, TracePlan, TraceRefusal, TraceType} from '../../types/trace.ts';
import {nearest} from '../../util/nearest.ts';
import type {Hooks} from '../hooks/hooks.ts';
import {didYouMean, refuse} from '../refusal.ts';
import {argsField} from '../script/args.ts';
import {HITS} from '../script/assemble.ts';
import {randomSeparator} from '../script/separator.ts';
import {atLeast, OLDEST, readVersion} from '../version.ts';
import {assemblePreset} from './assemble.ts';
import {PRESETS, presetNamed} from './catalog.ts';
import {chooseForm, Here} from './choose.ts';
import {pageBytes} from './page-bytes.ts';
import {checkParameters} from './parameters.ts';
import type {Form, Parts, Preset} from './preset.ts';

/** Seconds, where nobody says. */
const DURATION_S = 10;
const STRLEN = 64;

export interface PresetOptions {
  /** Before each part of an event; a random one where it isn't given. */
  separator?: string;
  /** Kstop's own number in the host's PID namespace: what it does itself isn't traced. */
  self?: number;
  /** A system call's name by its number. */
  syscallName?: (number: number) => string | undefined;
  /** Whether the kernel tells of its types; asked of the kernel where it isn't given. */
  types?: boolean;
  /** The hook that was asked for, which the preset answers or stands in for. */
  askedFor?: {type: TraceType; target: string};
}

/** What presets there are, and what they use here. */
export function presetList(hooks: Hooks): PresetInfo[] {
  const here = new Here(hooks);
  return PRESETS.map((preset) => {
    const {name, help, forPid, pattern} = preset;
    const chosen = chooseForm(preset, here);
    const where = 'missing' in chosen ? {missing: chosen.missing} : {hook: chosen.hook};
    return {name, help, forPid, ...(pattern === undefined ? {} : {pattern}), ...where};
  });
}

/** A preset as what will run, or why it can't. `bpftraceVersion` as bpftrace prints it. */
export function planPreset(
  name: string,
  parameters: PresetParameters,
  hooks: Hooks,
  bpftraceVersion: string,
  options: PresetOptions = {},
): TracePlan | TraceRefusal {
  const preset = presetNamed(name);
  if (!preset) {
    const near = nearest(
      name,
      PRESETS.map((each) => each.name),
    );
    return refuse('preset', `there is no preset ${name.slice(0, 40)}`, didYouMean(near) ?? 'kstop trace --list');
  }
  const version = readVersion(bpftraceVersion);
  if (!version || !atLeast(version, OLDEST.major, OLDEST.minor)) {
    return refuse(
      'bpftrace',
      `version ${bpftraceVersion.slice(0, 40)}, at least ${OLDEST.major}.${OLDEST.minor} is needed`,
    );
  }
  const wrong = checkParameters(preset, parameters);
  if (wrong) return wrong;
  const here = new Here(hooks, options.types);
  const chosen = chooseForm(preset, here);
  if ('missing' in chosen) return refuse('preset', `${name} needs ${chosen.missing}, which this kernel lacks`);
  const separator = options.separator ?? randomSeparator();
  const parts = chosen.form.write({
    version,
    separator,
    parameters,
    has: (type, target) => here.has(type, target),
    hasField: (target, field) => here.hasField(target, field),
    arg: (field) => argsField(version, field),
    pageBytes: pageBytes(),
    syscallName: (number) => options.syscallName?.(number) ?? `call ${number}`,
  });
  return planOf({preset, form: chosen.form, parts, parameters, separator, options, here});
}

interface Written {
  preset: Preset;
  form: Form;
  parts: Parts;
  parameters: PresetParameters;
  separator: string;
  options: PresetOptions;
  here: Here;
}

function planOf({preset, form, parts, parameters, separator, options, here}: Written): TracePlan {
  const {pid, process_name, duration_s = DURATION_S} = parameters;
  const {events = [], maps = [], strlen = STRLEN, keep} = parts;
  const [{type, target}] = form.needs;
  const {self, askedFor} = options;
  const text = assemblePreset(parts, {parameters, duration_s, ...(self === undefined ? {} : {self})});
  const notes = [...standIn(preset, form, askedFor, here), ...(form.notes ?? []), ...(parts.notes ?? [])];
  return {
    name: preset.name,
    description: preset.help,
    type,
    target,
    duration_s,
    ...(pid === undefined ? {} : {pid}),
    ...(process_name === undefined ? {} : {process_name}),
    preset: preset.name,
    script: {text, separator, events, maps, strlen, ...(events.length > 0 ? {hits: HITS} : {})},
    notes,
    ...(keep ? {keep} : {}),
  };
}

/** What stands in for what, and why. */
function standIn(preset: Preset, form: Form, asked: PresetOptions['askedFor'], here: Here): string[] {
  const [{type, target}] = form.needs;
  const used = `${type}:${target}`;
  if (asked) {
    const wanted = `${asked.type}:${asked.target}`;
    return wanted === used ? [] : [`${wanted} is answered by the preset ${preset.name} at ${used}`];
  }
  const [first] = preset.forms;
  if (first === undefined || first === form) return [];
  return [`${used} stands in: this kernel lacks ${here.lacks(first)}`];
}
