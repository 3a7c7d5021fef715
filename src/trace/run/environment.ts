import {availableParallelism} from 'node:os';
import {atLeast, type BpftraceVersion} from '../version.ts';

/** Keys of one map; a map that is full drops what is new without a word. */
const MAP_KEYS = 10_000;
/** Longest str() where the string lives on the BPF stack, bytes. */
const OLD_STRLEN = 200;
/** Buffer between kernel and bpftrace, pages: of all CPUs together, and the least and most of one. */
const PAGES = {all: 4096, least: 64, most: 1024};

function pagesPerCpu(cpus: number): number {
  const fair = 2 ** Math.floor(Math.log2(PAGES.all / cpus));
  return Math.min(Math.max(fair, PAGES.least), PAGES.most);
}

/**
 * All that bpftrace finds in its environment. Nothing is inherited: its settings change what a script does. Names are those of its
 * version (0.20 renamed some). Versions before 0.21 unpack kernel headers below TMPDIR, and trust what they find there.
 * @param strlen longest string that the script asks for, bytes
 * @param folder the run's own
 */
export function bpftraceEnvironment(
  version: BpftraceVersion,
  strlen: number,
  folder: string,
  cpus = availableParallelism(),
): Record<string, string> {
  const renamed = atLeast(version, 0, 20);
  const stringBytes = atLeast(version, 0, 22) ? strlen : Math.min(strlen, OLD_STRLEN);
  return {
    PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
    HOME: '/nonexistent',
    TMPDIR: folder,
    LC_ALL: 'C',
    [renamed ? 'BPFTRACE_MAX_STRLEN' : 'BPFTRACE_STRLEN']: String(stringBytes),
    [renamed ? 'BPFTRACE_MAX_MAP_KEYS' : 'BPFTRACE_MAP_KEYS_MAX']: String(MAP_KEYS),
    // From 0.22 on one buffer may serve all CPUs: then its own default is the better one.
    ...(!atLeast(version, 0, 22) && {BPFTRACE_PERF_RB_PAGES: String(pagesPerCpu(cpus))}),
  };
}

/**
 * What bpftrace is started with. Not `-q`: it would keep to itself that the probes are attached. Each line is written at
 * once, and nothing unsafe is allowed.
 */
export const bpftraceArguments = (script: string): string[] => ['-f', 'json', '-B', 'line', script];
