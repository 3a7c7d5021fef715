import {syscallName} from '../../native/syscalls/names.ts';
import {inOwnPidNamespace} from '../../sources/pid-namespace.ts';
import type {TraceOrigin} from '../../trace/audit/entries.ts';
import {openDesk} from '../../trace/desk.ts';
import {Hooks} from '../../trace/hooks/hooks.ts';
import {planPreset, presetList} from '../../trace/presets/plan.ts';
import {findBpftrace} from '../../trace/run/find.ts';
import {planSpec} from '../../trace/script/plan.ts';
import {OLDEST} from '../../trace/version.ts';
import type {TraceDesk} from '../../types/trace.ts';

/** Opens the desk on which all traces of this kstop run. `origin`: for the audit log. Close it on every way out. */
export async function openTraceDesk(origin: TraceOrigin): Promise<TraceDesk> {
  const bpftrace = await findBpftrace();
  const hooks = new Hooks();
  // Scripts can be shown where they can't run.
  const version = 'missing' in bpftrace ? `${OLDEST.major}.${OLDEST.minor}` : bpftrace.version.text;
  const self = inOwnPidNamespace() ? {} : {self: process.pid};
  const nameOf = (number: number) => syscallName(number, false);
  return await openDesk({
    bpftrace,
    origin,
    planner: {
      presets: () => presetList(hooks),
      planPreset: (name, {asked_for: askedFor, ...parameters}) =>
        planPreset(name, parameters, hooks, version, {...self, syscallName: nameOf, ...(askedFor && {askedFor})}),
      planSpec: (spec) => planSpec(spec, hooks, version, self),
    },
  });
}
