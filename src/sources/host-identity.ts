import {readFileSync} from 'node:fs';
import {arch, cpus, hostname, release} from 'node:os';
import type {Header} from '../types/stream.ts';

/** What the header says of the host. What can't be read is left out. */
export function hostIdentity(): Header['host'] {
  const isolated = cpuList('isolated');
  const nohzFull = cpuList('nohz_full');
  return {
    name: hostname(),
    kernel: release(),
    arch: arch(),
    cpus: cpus().length,
    boot_id: content('/proc/sys/kernel/random/boot_id'),
    ...(isolated && {isolated_cpus: isolated}),
    ...(nohzFull && {nohz_full_cpus: nohzFull}),
  };
}

/** A list of CPUs as in Documentation/admin-guide/cputopology.rst; kernels without any write `(null)` or nothing. */
function cpuList(name: string): string | undefined {
  const text = content(`/sys/devices/system/cpu/${name}`);
  return /^\d[\d,-]*$/.test(text) ? text : undefined;
}

function content(path: string): string {
  try {
    return readFileSync(path, 'latin1').trim();
  } catch {
    return '';
  }
}
