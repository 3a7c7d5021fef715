import {spawn} from 'node:child_process';
import {accessSync, constants, readdirSync, readFileSync, readlinkSync} from 'node:fs';
import {createInterface} from 'node:readline';
import {setTimeout as delay} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';

export const REPO = fileURLToPath(new URL('../../', import.meta.url));
export const KSTOP = `${REPO}bin/kstop`;
/** What a probe costs is not known while the overhead governor pauses it. */
export const UNBOUND = ['--max-overhead', '100'];
/** Times every system call. Its tracepoints are found by way of tracefs: in a mount namespace of its own that is mounted. */
export const SYSCOUNT = [
  'unshare',
  '-m',
  'sh',
  '-c',
  'mountpoint -q /sys/kernel/tracing || mount -t tracefs tracefs /sys/kernel/tracing; exec syscount -L -i 60',
];
const BUILT = `${REPO}dist/bench/`;

/** Path of a program that bench/Makefile built. */
export const built = (name) => BUILT + name;

/** Flags that the launcher gives to Node: the size of the young generation decides what decoding and painting cost. */
export function nodeFlags() {
  const line = /^exec "\$node" (.*)$/m.exec(readFileSync(KSTOP, 'utf8'))?.[1] ?? '';
  return line.split(' ').filter((word) => word.startsWith('--'));
}

/** Path of a program of this system, or undefined. */
export function findCommand(name) {
  return [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/sbin']
    .map((folder) => `${folder}/${name}`)
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

const running = new Set();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(130));

/** Starts a program, by default without input or output; it ends with the benchmarks at the latest. */
export function start([command, ...args], {cpus, stdio = ['ignore', 'ignore', 'pipe']} = {}) {
  const line = cpus === undefined ? [command, ...args] : ['taskset', '-c', cpus, command, ...args];
  const child = spawn(line[0], line.slice(1), {stdio, cwd: REPO});
  running.add(child);
  child.said = '';
  child.stderr?.on('data', (data) => {
    child.said += data;
  });
  child.ended = new Promise((resolve, reject) => {
    child.on('error', (error) => {
      running.delete(child);
      reject(error);
    });
    child.on('close', (code, signal) => {
      running.delete(child);
      resolve({code, signal});
    });
  });
  child.ended.catch(() => {});
  return child;
}

/** Ends a program as Ctrl-C does, or by force after ten seconds. */
export async function stop(child) {
  child.kill('SIGINT');
  const ended = await Promise.race([child.ended, delay(10_000, undefined, {ref: false})]);
  if (ended) return;
  child.kill('SIGKILL');
  await child.ended;
}

/** Runs a program to its end and gives what it printed. */
export async function output(command, options) {
  const child = start(command, {...options, stdio: ['ignore', 'pipe', 'pipe']});
  let text = '';
  child.stdout.on('data', (data) => {
    text += data;
  });
  const {code} = await child.ended;
  if (code !== 0) throw new Error(`${command[0]} ended with ${code}: ${child.said.trim()}`);
  return text;
}

/** A program that answers a line with a line. */
export class Dialogue {
  constructor(command, options) {
    this.child = start(command, {...options, stdio: ['pipe', 'pipe', 'pipe']});
    this.child.stdin.on('error', () => {});
    this.lines = createInterface({input: this.child.stdout})[Symbol.asyncIterator]();
  }

  async ask(line) {
    this.child.stdin.write(`${line}\n`);
    const {value, done} = await this.lines.next();
    if (done) throw new Error(`${this.child.spawnfile} ended: ${this.child.said.trim()}`);
    return value;
  }

  async close() {
    this.child.stdin.end();
    await this.child.ended;
  }
}

/** /proc/PID/fdinfo of each open file. */
function fdInfos(pid) {
  const infos = [];
  for (const fd of readdirSync(`/proc/${pid}/fdinfo`)) {
    try {
      infos.push(readFileSync(`/proc/${pid}/fdinfo/${fd}`, 'utf8'));
    } catch {
      // Closed meanwhile.
    }
  }
  return infos;
}

/** Numbers that a process's open files carry under a name, such as `prog_id`. */
export function fdNumbers(pid, name) {
  const pattern = new RegExp(`^${name}:\\s+(\\d+)`, 'm');
  const found = fdInfos(pid).map((info) => Number(pattern.exec(info)?.[1]));
  return [...new Set(found.filter((number) => !Number.isNaN(number)))];
}

/** Map id of a process's ring buffer. */
export function ringId(pid) {
  const info = fdInfos(pid).find((text) => /^map_type:\s+27$/m.test(text));
  const id = info && /^map_id:\s+(\d+)/m.exec(info)?.[1];
  if (!id) throw new Error(`process ${pid} has no ring buffer`);
  return Number(id);
}

/** A program at a perf event has no link. */
function holdsPerfEvent(pid) {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`).includes('[perf_event]'));
  } catch {
    return false;
  }
}

/** Waits until a program holds BPF links or programs, which is when it has begun to work. */
export async function attached(child) {
  for (let i = 0; i < 200; i++) {
    if (child.exitCode !== null) break;
    if (fdNumbers(child.pid, 'link_id').length > 0 || holdsPerfEvent(child.pid)) return;
    await delay(50);
  }
  throw new Error(`${child.spawnargs.join(' ')} attached nothing: ${child.said.trim().split('\n')[0]}`);
}

/** Waits until a program holds BPF programs, where links don't tell. */
export async function loaded(child) {
  for (let i = 0; i < 200 && child.exitCode === null; i++) {
    if (fdNumbers(child.pid, 'prog_id').length > 0) return;
    await delay(50);
  }
  throw new Error(`attached nothing: ${child.said.trim().split('\n').at(-1)}`);
}

/** CPU time of a process in ns, threads that live added up by the scheduler's own clock. */
export function cpuNs(pid) {
  let sum = 0;
  for (const tid of readdirSync(`/proc/${pid}/task`))
    sum += Number(readFileSync(`/proc/${pid}/task/${tid}/schedstat`, 'utf8').split(' ')[0]);
  return sum;
}

/** Resident memory of a process in MB (millions of bytes). */
export function rssMb(pid) {
  return (Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024) / 1e6;
}
