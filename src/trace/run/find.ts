import {accessSync, constants, lstatSync, realpathSync, statSync} from 'node:fs';
import {dirname, isAbsolute, join} from 'node:path';
import {atLeast, type BpftraceVersion, OLDEST, parseVersion} from '../version.ts';
import {findSupervisor, supervise} from './supervise.ts';

/** Where systems put it, whatever PATH says (sudo's may be short). */
const PLACES = ['/usr/bin', '/usr/local/bin', '/usr/sbin', '/usr/local/sbin', '/bin', '/sbin'];
const INSTALL = 'install it: apt-get install bpftrace, dnf install bpftrace';
/** It loads LLVM: seconds on an emulated machine. Seconds. */
const VERSION_S = 10;
const VERSION_BYTES = 4096;

/** A bpftrace that will do, and what it runs under. */
export interface Bpftrace {
  path: string;
  version: BpftraceVersion;
  supervisor: string;
}

export interface Missing {
  missing: string;
  remedy: string;
}

export interface FindOptions {
  /** Folders to look in instead of the usual ones and PATH's. */
  places?: readonly string[];
  /** Who will run it. */
  uid?: number;
  supervisor?: string | undefined;
  /** For `--version`, seconds. */
  timeoutS?: number;
}

/** Why root may not run this file: somebody else could change it, or a folder above it. */
function unsafe(path: string): string | undefined {
  for (let at = path; ; at = dirname(at)) {
    const {uid, mode} = lstatSync(at);
    const sticky = at !== path && (mode & 0o1000) !== 0;
    if (uid !== 0) return `${at} doesn't belong to root`;
    if (mode & 0o022 && !sticky) return `${at} can be written by others`;
    if (at === '/') return undefined;
  }
}

/** The real path of an executable file here, or why it isn't used. Undefined when there's none. */
function usable(path: string, uid: number): {path: string} | {why: string} | undefined {
  try {
    const real = realpathSync(path);
    if (!statSync(real).isFile()) return undefined;
    accessSync(real, constants.X_OK);
    const why = uid === 0 ? unsafe(real) : undefined;
    return why ? {why} : {path: real};
  } catch {
    return undefined;
  }
}

async function versionOf(path: string, supervisor: string, timeoutS: number): Promise<BpftraceVersion | string> {
  const run = supervise({
    supervisor,
    command: [path, '--version'],
    env: {PATH: '/usr/bin:/bin', LC_ALL: 'C'},
    limitS: timeoutS,
  });
  let output = '';
  run.stdout.setEncoding('latin1').on('data', (text: string) => {
    output = (output + text).slice(0, VERSION_BYTES);
  });
  run.stderr.resume();
  const ending = await run.ended;
  if (ending.how === 'limit') return `doesn't answer within ${timeoutS} s`;
  if (ending.how === 'refused' || ending.how === 'lost') return `can't be started (${ending.why})`;
  if (ending.how === 'signal') return `was killed by ${ending.signal}`;
  if (ending.code !== 0) return `ends with status ${ending.code}`;
  return parseVersion(output) ?? 'tells no version';
}

/** Looks for a bpftrace that will do: root's own when root runs it, recent enough, alive. */
export async function findBpftrace({
  places = [...PLACES, ...(process.env.PATH ?? '').split(':').filter(isAbsolute)],
  uid = process.geteuid?.() ?? -1,
  supervisor = findSupervisor(),
  timeoutS = VERSION_S,
}: FindOptions = {}): Promise<Bpftrace | Missing> {
  if (!supervisor)
    return {missing: 'kstop-supervise, which bpftrace runs under, was not found', remedy: 'run bin/setup'};
  let found: Missing | undefined;
  const tried = new Set<string>();
  for (const place of places) {
    const candidate = usable(join(place, 'bpftrace'), uid);
    if (!candidate) continue;
    if ('why' in candidate) {
      found ??= {missing: `bpftrace isn't run: ${candidate.why}`, remedy: 'give it to root, or install another'};
      continue;
    }
    if (tried.has(candidate.path)) continue;
    tried.add(candidate.path);
    const version = await versionOf(candidate.path, supervisor, timeoutS);
    if (typeof version === 'string') found ??= {missing: `${candidate.path} ${version}`, remedy: 'install it anew'};
    else if (!atLeast(version, OLDEST.major, OLDEST.minor)) {
      found ??= {missing: `${candidate.path} is ${version.text}, too old`, remedy: 'install bpftrace 0.17 or newer'};
    } else return {path: candidate.path, version, supervisor};
  }
  return found ?? {missing: 'bpftrace is not installed', remedy: INSTALL};
}
