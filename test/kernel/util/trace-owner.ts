/** A process with one endless trace of its own, to be killed. usage: trace-owner.ts BPFTRACE AUDIT-LOG; prints each state. */
import {AuditLog} from '../../../src/trace/audit/log.ts';
import {Desk} from '../../../src/trace/desk.ts';
import {findSupervisor} from '../../../src/trace/run/supervise.ts';
import {RUN_TIMES} from '../../../src/trace/run/timers.ts';
import {parseVersion} from '../../../src/trace/version.ts';
import {plan, script} from '../../trace/run/plan.ts';

const [, , path = '', audit] = process.argv;
const refusal = {field: 'name', why: 'nothing is planned here'};
const desk = new Desk({
  planner: {presets: () => [], planPreset: () => refusal, planSpec: () => refusal},
  origin: 'cli',
  audit: new AuditLog(audit),
  bpftrace: {path, version: parseVersion('bpftrace v0.17.0')!, supervisor: findSupervisor()!},
  times: RUN_TIMES,
});
const run = desk.start(plan({text: script('tracepoint:syscalls:sys_enter_openat', 'str(args->filename)')}));
const tell = () => process.stdout.write(`${run.state}\n`);
tell();
run.onChange(tell);
