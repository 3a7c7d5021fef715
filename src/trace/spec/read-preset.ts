import {type PresetParameters, TRACE_LIMITS, type TraceRefusal} from '../../types/trace.ts';
import {isRefusal, refuse} from '../refusal.ts';
import {fieldsAt, knownFields} from './fields.ts';
import * as text from './text.ts';

const FIELDS = ['preset', 'name', 'description', 'duration', 'pid', 'process_name', 'pattern', 'slow_ms'];
/** The kernel's PID_MAX_LIMIT. */
const PID_MAX = 4_194_304;
/** Letters, digits and `-`: whether there is such a preset is judged elsewhere. */
const PRESET: text.TextRule = {longest: 40, allowed: /^[a-z][a-z0-9-]*$/, says: 'small letters, digits and -'};
/** What a pattern may hold is each preset's own affair. */
const PATTERN: text.TextRule = {longest: 200, allowed: /^/, says: 'no control, reordering or invisible characters'};

/** A program that names a preset in place of a hook. */
export interface PresetProgram {
  preset: string;
  name: string;
  description?: string;
  parameters: PresetParameters;
}

/** A number, whose range is each preset's own affair; undefined where it isn't given. */
function numberOf(value: unknown, field: string): number | undefined | TraceRefusal {
  if (value === undefined || value === null) return undefined;
  return typeof value === 'number' ? value : refuse(field, `${text.typeName(value)} where a number belongs`);
}

/** Does a program of a request name a preset? */
export function namesPreset(json: unknown): boolean {
  return typeof json === 'object' && json !== null && Object.hasOwn(json, 'preset');
}

/** Such a program from JSON that anybody may have written: the form of every field is checked. `where` as for a TraceSpec. */
export function readPresetProgram(json: unknown, where: string): PresetProgram | TraceRefusal {
  const at = fieldsAt(where);
  const fields = knownFields(json, FIELDS, at);
  if (isRefusal(fields)) return fields as TraceRefusal;
  const values = {
    preset: text.textOf(fields.preset, at('preset'), PRESET),
    name: text.textOf(fields.name, at('name'), text.NAME),
    description: text.textOf(fields.description, at('description'), text.DESCRIPTION),
    duration_s: text.integerOf(fields.duration, at('duration'), 1, TRACE_LIMITS.durationS),
    pid: text.integerOf(fields.pid, at('pid'), 1, PID_MAX),
    process_name: text.textOf(fields.process_name, at('process_name'), text.PROCESS_NAME),
    pattern: text.textOf(fields.pattern, at('pattern'), PATTERN),
    slow_ms: numberOf(fields.slow_ms, at('slow_ms')),
  };
  for (const value of Object.values(values)) if (typeof value === 'object') return value;
  const {preset, name, description, ...parameters} = values;
  if (!text.isGiven(preset)) return refuse(at('preset'), 'empty', 'kstop trace --list has the names');
  const given = Object.entries(parameters).filter(([, value]) => value !== undefined);
  return {
    preset,
    name: text.isGiven(name) ? name : preset,
    ...(text.isGiven(description) && {description}),
    parameters: Object.fromEntries(given),
  };
}
