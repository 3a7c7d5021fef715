import type {TraceAnswer} from '../../types/trace.ts';
import {visible, visibleUpTo} from '../../util/sanitize.ts';
import {resultLines, totals} from './report.ts';

const MAX_COMMAND = 100;

function failureLine({name, field, reason, remedy}: TraceAnswer['failures'][number]): string {
  return visible(`  - ${[name, field, reason].filter(Boolean).join(': ')}${remedy ? ` (${remedy})` : ''}`);
}

/** A request's answer for people: each program's result, all of them together, what failed, and what was left alone. */
export function answerLines({request, results, statistics, failures, skipped}: TraceAnswer): string[] {
  const {programs, ...all} = statistics;
  const states = Object.entries(programs).map(([state, n]) => `${n} ${state}`);
  return [
    ...(request.reasoning ? [`REQUEST ${visible(request.reasoning)}`, ''] : []),
    ...results.flatMap(resultLines),
    `ALL PROGRAMS: ${states.join(', ') || 'none'}`,
    ...totals(all),
    ...(failures.length > 0 ? ['Failures:', ...failures.map(failureLine), ''] : []),
    ...(skipped.length > 0
      ? [
          'Commands, which kstop never executes:',
          ...skipped.map(({id, command}) => `  - ${visible(id ? `${id}: ` : '')}${visibleUpTo(command, MAX_COMMAND)}`),
          '',
        ]
      : []),
  ];
}
