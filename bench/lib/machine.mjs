import {readFileSync} from 'node:fs';
import {cpus, loadavg, release, totalmem} from 'node:os';

function system() {
  try {
    return /^PRETTY_NAME="?([^"\n]*)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? 'Linux';
  } catch {
    return 'Linux';
  }
}

function isVirtual() {
  try {
    return /^flags\s*:.*\bhypervisor\b/m.test(readFileSync('/proc/cpuinfo', 'utf8'));
  } catch {
    return false;
  }
}

/** What the figures were measured on, in one paragraph. */
export function describeMachine(quick) {
  const all = cpus();
  const parts = [
    `${all[0]?.model.trim() ?? 'unknown CPU'}, ${all.length} CPUs${isVirtual() ? ' (virtual machine)' : ''}`,
    `${(totalmem() / 2 ** 30).toFixed(1)} GiB`,
    `Linux ${release()}`,
    system(),
    `Node ${process.versions.node}`,
    `load ${loadavg()[0].toFixed(2)} at the end`,
    new Date().toISOString().slice(0, 10),
    ...(quick ? ['quick run: figures are rough'] : []),
  ];
  return `${parts.join('; ')}.`;
}

/** CPU times of the whole machine in ticks: busy and all. */
export function machineTicks() {
  const fields = readFileSync('/proc/stat', 'utf8').split('\n', 1)[0].split(/\s+/).slice(1, 9).map(Number);
  const all = fields.reduce((sum, field) => sum + field, 0);
  return {busy: all - fields[3] - fields[4], all};
}

/** The CPU that the measured load runs on and those that everything else is kept to. */
export function splitCpus() {
  const last = cpus().length - 1;
  return {load: last, tools: last > 0 ? `0-${last - 1}` : '0'};
}
