import {chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import type {ExecutionContext} from 'ava';
import {AuditLog} from '../../../src/trace/audit/log.ts';
import {Desk} from '../../../src/trace/desk.ts';
import {findSupervisor} from '../../../src/trace/run/supervise.ts';
import {RUN_TIMES, type RunTimes} from '../../../src/trace/run/timers.ts';
import {parseVersion} from '../../../src/trace/version.ts';

export const ATTACHED = '{"type": "attached_probes", "data": {"probes": 1}}';

/** A private folder that goes with its test. */
export function folder(t: ExecutionContext): string {
  const path = mkdtempSync(join(tmpdir(), 'kstop-run-test.'));
  t.teardown(() => rmSync(path, {recursive: true, force: true}));
  return path;
}

/** A shell script that stands in for bpftrace, in a folder of its own. Its path. */
export function standIn(t: ExecutionContext, script: string): string {
  const path = join(folder(t), 'bpftrace');
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return path;
}

const planner = {
  presets: () => [],
  planPreset: () => ({field: 'preset', why: 'none here'}),
  planSpec: () => ({field: 'type', why: 'none here'}),
};

export interface TestDesk {
  desk: Desk;
  audit: string;
}

/** A desk whose bpftrace is the program at `path`, with an audit log of its own. */
export function deskOf(t: ExecutionContext, path: string, times: Partial<RunTimes> = {}): TestDesk {
  const log = join(folder(t), 'log');
  mkdirSync(log, {mode: 0o700});
  const audit = join(log, 'audit.log');
  const desk = new Desk({
    planner,
    origin: 'cli',
    audit: new AuditLog(audit),
    bpftrace: {path, version: parseVersion('bpftrace v0.17.0')!, supervisor: findSupervisor()!},
    times: {...RUN_TIMES, ...times},
  });
  t.teardown(() => desk.close());
  return {desk, audit};
}
