import type {PresetInfo, TraceDesk} from '../../types/trace.ts';
import {visible} from '../../util/sanitize.ts';
import {columns} from '../table.ts';

/** `--list`: each preset with its help and the hook that it uses here, or why it can't run. */
export function presetLines(presets: readonly PresetInfo[], bpftrace: TraceDesk['bpftrace']): string[] {
  const rows = presets.map(({name, help, hook, missing, pattern}) => [
    visible(name),
    visible(missing === undefined ? (hook ?? '-') : '(missing)'),
    visible(pattern === undefined ? help : `${help} (--pattern: ${pattern})`),
  ]);
  // Below the table: a reason names every hook that would do.
  const why = presets.flatMap(({name, missing}) => (missing === undefined ? [] : [visible(`  ${name}: ${missing}`)]));
  const lacks = why.length > 0 ? ['', "Can't run here:", ...why] : [];
  const found =
    'missing' in bpftrace ? `${bpftrace.missing} (${bpftrace.remedy})` : `${bpftrace.version} at ${bpftrace.path}`;
  return [`bpftrace: ${visible(found)}`, '', ...columns([['PRESET', 'HOOK', 'SHOWS'], ...rows]), ...lacks];
}
