import {visible} from '../../util/sanitize.ts';
import type {DoctorProbe, DoctorRefusal, DoctorReport, DoctorRole} from './report.ts';

const WIDTH = 118;

/** Breaks a sentence at spaces; every line begins with `first` or, from the second on, with as many spaces. */
function wrapped(first: string, sentence: string): string[] {
  const lines: string[] = [];
  let line = first;
  for (const word of visible(sentence).split(' ')) {
    if (line.length + word.length >= WIDTH && line.trim() !== '' && line !== first) {
      lines.push(line.trimEnd());
      line = ' '.repeat(first.length);
    }
    line += `${word} `;
  }
  return [...lines, line.trimEnd()];
}

/** `  limited   tracefs          not mounted`, then what it means and what helps, each on a line of its own. */
function row(state: string, id: string, value: string, effect?: string, remedy?: string): string[] {
  const indent = ' '.repeat(32);
  return [
    ...wrapped(`  ${state.padEnd(12)}${id.padEnd(18)}`, value),
    ...(effect ? wrapped(indent, effect) : []),
    ...(remedy ? wrapped(`${indent}-> `, remedy) : []),
  ];
}

/** Refusals for the same reason in one line: `tp_btf, raw_tp`. */
function grouped(refused: readonly DoctorRefusal[]): {methods: string; sentence: string; remedy?: string}[] {
  const groups = new Map<string, {methods: string[]; remedy?: string}>();
  for (const {method, errno, detail, cause, remedy} of refused) {
    const sentence = `${[errno, detail].filter(Boolean).join(', ')}: ${cause}`;
    const group = groups.get(sentence) ?? {methods: [], remedy};
    if (!group.methods.includes(method)) group.methods.push(method);
    groups.set(sentence, group);
  }
  return [...groups].map(([sentence, {methods, remedy}]) => ({methods: methods.join(', '), sentence, remedy}));
}

function roleLines({name, attached, method, program, lost, refused}: DoctorRole, isNew: IsNew): string[] {
  const indent = ' '.repeat(16);
  const now = attached ? `by ${method}${program ? ` (${program})` : ''}` : 'by nothing';
  return [
    ...wrapped(`${' '.repeat(14)}${visible(name)}: `, `${now}${lost ? `: ${lost}` : ''}`),
    ...grouped(refused).flatMap(({methods, sentence, remedy}) => [
      ...wrapped(`${indent}not by ${visible(methods)}: `, sentence),
      ...(remedy && isNew(remedy) ? wrapped(`${indent}-> `, remedy) : []),
    ]),
  ];
}

/** What helps is told once, however much it helps. */
type IsNew = (remedy: string) => boolean;

const isPlain = ({attached, lost, refused}: DoctorRole): boolean => attached && !lost && refused.length === 0;

function probeLines(
  {id, state, method, reason, explanation, default: standard, roles}: DoctorProbe,
  isNew: IsNew,
): string[] {
  const plain = roles.length > 1 ? roles.filter(isPlain) : [];
  const value = [method && `by ${method}`, !standard && 'not by default'].filter(Boolean).join(', ');
  if (explanation) {
    const {cause, remedy} = explanation;
    const told = reason?.includes(cause) ? undefined : cause;
    return row(state, id, reason ?? value, told, remedy && isNew(remedy) ? remedy : undefined);
  }
  return [
    ...row(state, id, value),
    ...(plain.length > 0
      ? wrapped(' '.repeat(14), plain.map((role) => `${role.name} by ${role.method}`).join(', '))
      : []),
    ...roles.filter((role) => !isPlain(role)).flatMap((role) => roleLines(role, isNew)),
  ];
}

const VERDICTS = {
  all: 'every default probe attaches here',
  some: 'some default probes do not attach here',
  none: 'no probe attaches here',
};

/** The report for people. Ends with a newline. */
export function doctorText(report: DoctorReport): string {
  const {host, kstop, verdict, config, system, probes} = report;
  const told = new Set<string>();
  const isNew = (remedy: string) => !told.has(remedy) && told.add(remedy).has(remedy);
  const degraded = probes.filter(({state}) => state === 'degraded').length;
  return [
    visible(
      `kstop ${kstop} on ${host.name}: ${host.distribution?.name ?? 'Linux'}${host.cpus ? `, ${host.cpus} CPUs` : ''}`,
    ),
    '',
    'System',
    ...system.flatMap(({id, state, value, effect, remedy}) =>
      row(state, id.replaceAll('_', ' '), value, effect, remedy),
    ),
    ...row(config.problem ? 'refused' : 'ok', 'config file', config.problem ?? config.path ?? 'none'),
    '',
    'Probes',
    ...probes.flatMap((probe) => probeLines(probe, isNew)),
    '',
    `${VERDICTS[verdict]}${verdict !== 'none' && degraded > 0 ? `; ${degraded} of ${probes.length} probes degraded` : ''}`,
    '',
  ].join('\n');
}
