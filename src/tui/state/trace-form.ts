import {type PresetInfo, type PresetParameters, TRACE_LIMITS} from '../../types/trace.ts';
import {shortened} from '../views/use-typed.ts';

/** A line of the form. */
export interface FormField {
  id: string;
  label: string;
  /** What is meant, where it is empty. */
  hint: string;
  text: string;
}

/** What was typed, and the field that has the keys. */
export interface TraceForm {
  fields: readonly FormField[];
  at: number;
}

/** Longest text of a field, characters. */
const LONGEST = 200;
/** Seconds, where nothing else is asked for. */
const DURATION = '10';

const field = (id: string, label: string, hint: string, text = ''): FormField => ({id, label, hint, text});

const durationField = () => field('duration', 'seconds', `1 to ${TRACE_LIMITS.durationS}`, DURATION);
const processFields = (pid?: number) => [
  field('pid', 'PID', 'of all processes', pid === undefined ? '' : String(pid)),
  field('process_name', 'command', 'of any name'),
];

/** The settings of a preset, or a whole trace. */
export function formFor(preset: PresetInfo | undefined, pid?: number): TraceForm {
  if (!preset) return {fields: customFields(pid), at: 1};
  const pattern = preset.pattern === undefined ? [] : [field('pattern', 'pattern', `${preset.pattern}, e.g. *.conf`)];
  return {fields: [durationField(), ...processFields(pid), ...pattern], at: 0};
}

function customFields(pid?: number): FormField[] {
  return [
    field('type', 'type', 'tracepoint, kprobe, kretprobe or usdt', 'tracepoint'),
    field('target', 'target', 'syscalls:sys_enter_openat, tcp_connect, /path:provider:probe'),
    field('arguments', 'arguments', 'names with commas between them; empty: what suits the target'),
    field('filter', 'filter', 'e.g. ret < 0 and comm == "nginx"'),
    field('aggregate', 'aggregate', 'e.g. count by comm, hist ret; empty: one event each'),
    field('format', 'format', 'printf-like, one conversion an argument'),
    ...processFields(pid),
    durationField(),
  ];
}

/** The form after a key, by its name. */
export function typed(form: TraceForm, key: string): TraceForm {
  const by = {up: -1, 'shift+tab': -1, down: 1, tab: 1}[key];
  if (by !== undefined) return {...form, at: (form.at + by + form.fields.length) % form.fields.length};
  return edited(form, (text) => shortened(text, key) ?? added(text, key === 'space' ? ' ' : key));
}

/** The form after a paste: its printable characters, in the field that has the keys. */
export function pasted(form: TraceForm, text: string): TraceForm {
  return edited(form, (before) => [...text.trim()].reduce(added, before));
}

function edited({fields, at}: TraceForm, change: (text: string) => string): TraceForm {
  return {at, fields: fields.map((each, i) => (i === at ? {...each, text: change(each.text)} : each))};
}

function added(text: string, char: string): string {
  return /^[ -~]$/.test(char) && text.length < LONGEST ? text + char : text;
}

/** What was typed by field, empty fields left out; digits are numbers. */
function given({fields}: TraceForm): Record<string, string | number | string[]> {
  const out: Record<string, string | number | string[]> = {};
  for (const {id, text} of fields) {
    const value = text.trim();
    if (value === '') continue;
    if (id === 'arguments') out[id] = value.split(',').map((each) => each.trim());
    else out[id] = (id === 'pid' || id === 'duration') && /^\d{1,10}$/.test(value) ? Number(value) : value;
  }
  return out;
}

/** The form as a TraceSpec is written, to be checked like any other. */
export function specOf(form: TraceForm): unknown {
  return given(form);
}

/** The form as a preset's parameters, or what is wrong with it. */
export function parametersOf(form: TraceForm): PresetParameters | {problem: string} {
  const {duration, pid, process_name, pattern} = given(form);
  if (typeof pid === 'string') return {problem: `${pid} is no process number`};
  if (typeof duration === 'string') return {problem: `${duration} is no number of seconds`};
  return {
    ...(typeof duration === 'number' && {duration_s: duration}),
    ...(typeof pid === 'number' && {pid}),
    ...(typeof process_name === 'string' && {process_name}),
    ...(typeof pattern === 'string' && {pattern}),
  };
}
