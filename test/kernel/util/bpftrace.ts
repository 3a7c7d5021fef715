import {execFile, spawn} from 'node:child_process';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {createInterface} from 'node:readline';
import {promisify} from 'node:util';
import type {ExecutionContext} from 'ava';
import {Hooks} from '../../../src/trace/hooks/hooks.ts';
import {isRefusal} from '../../../src/trace/refusal.ts';
import {planSpec} from '../../../src/trace/script/plan.ts';
import {readSpec} from '../../../src/trace/spec/read-spec.ts';
import type {TracePlan, TraceSpec} from '../../../src/types/trace.ts';
import {sleep} from './wait.ts';

const run = promisify(execFile);

/** What this very host can trace. */
export const hooks = new Hooks();

async function versionOf(): Promise<string | undefined> {
  try {
    return (await run('bpftrace', ['--version'])).stdout.trim();
  } catch {
    return undefined;
  }
}

const version = await versionOf();

/** Why no script can be tried here. */
export const noBpftrace = version === undefined ? 'not installed: bpftrace' : hooks.missing('tracepoint')?.why;

/** What a spec becomes here. */
export function planned(json: object): TracePlan {
  const spec = readSpec(json, '');
  const plan = isRefusal(spec) ? spec : planSpec(spec as TraceSpec, hooks, version!);
  if (isRefusal(plan)) throw new Error(`${JSON.stringify(json)}: ${plan.field}: ${plan.why}`);
  return plan as TracePlan;
}

export function folderOf(t: ExecutionContext): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'kstop-scripts-'));
  t.teardown(() => rmSync(folder, {recursive: true, force: true}));
  return folder;
}

const minor = Number(/\d+\.(\d+)/.exec(version ?? '')?.[1] ?? 0);

/** From 0.20 on bpftrace warns of the old name. */
const environment = (strlen: number) => ({
  ...process.env,
  [minor < 20 ? 'BPFTRACE_STRLEN' : 'BPFTRACE_MAX_STRLEN']: String(strlen),
});

/** Scripts as one: there is one BEGIN and one END at most, and those of kstop's are all the same. */
function together(scripts: readonly string[]): string {
  const ends = [...new Set(scripts.flatMap((text) => text.match(ENDS) ?? []))];
  return [...ends, ...scripts.map((text) => text.replaceAll(ENDS, ''))].join('');
}

const ENDS = /^(?:BEGIN|END) \{\n(?: .*\n)*\}\n/gm;

/** Of the host, or of comparisons with numbers beside a text of user space, which newer versions wonder at. */
const IDLE = /RLIMIT_MEMLOCK|available_filter_functions|Addrspace mismatch/;

/** What bpftrace says of scripts together that it compiles and doesn't run; undefined if it takes them without a word. */
export async function complaint(plans: readonly TracePlan[], folder: string): Promise<string | undefined> {
  const file = path.join(folder, 'script.bt');
  writeFileSync(file, together(plans.map((plan) => plan.script.text)));
  const dry = minor >= 22 ? ['--dry-run'] : ['--emit-elf', path.join(folder, 'out.o')];
  const env = environment(Math.min(...plans.map((plan) => plan.script.strlen)));
  try {
    const {stderr} = await run('bpftrace', [...dry, file], {env, maxBuffer: 64 << 20, timeout: 240_000});
    const said = stderr.split('\n').filter((line) => /ERROR|WARNING|error:/.test(line) && !IDLE.test(line));
    return said.length > 0 ? said.join('\n') : undefined;
  } catch (error) {
    return String((error as {stderr?: string}).stderr || error);
  }
}

export interface Outcome {
  /** Each event's parts after its tag: nsecs, pid, tid, uid, cpu, comm, then its fields. */
  events: string[][];
  /** As they were printed last. */
  maps: Record<string, unknown>;
  /** What bpftrace complained of. */
  said: string;
}

/**
 * Runs a plan for real. `provoke` is called again and again from when bpftrace has compiled until the trace is over: it says that it
 * attaches before it has.
 */
export async function ran({script}: TracePlan, folder: string, provoke: () => Promise<unknown>): Promise<Outcome> {
  const file = path.join(folder, 'script.bt');
  writeFileSync(file, script.text);
  const child = spawn('bpftrace', ['-f', 'json', '-B', 'line', file], {env: environment(script.strlen)});
  const outcome: Outcome = {events: [], maps: {}, said: ''};
  child.stderr.setEncoding('latin1').on('data', (text: string) => {
    outcome.said += text;
  });
  let provoking: Promise<void> | undefined;
  const again = async () => {
    while (child.exitCode === null && child.signalCode === null) {
      await provoke().catch(() => undefined);
      await sleep(100);
    }
  };
  for await (const line of createInterface({input: child.stdout})) {
    if (!line.startsWith('{')) continue;
    const {type, data} = JSON.parse(line);
    if (type === 'attached_probes') provoking = again();
    if (type === 'printf') outcome.events.push(data.split(script.separator).slice(2));
    if (type === 'map' || type === 'hist') Object.assign(outcome.maps, data);
  }
  await provoking;
  return outcome;
}
