/**
 * What an interval takes to read the memory of 1,000 cgroups with a limit and the rows of their containers. Makes the cgroups, and
 * removes them. usage: cgroups.mjs INTERVALS; prints JSON: milliseconds of each interval. Needs root.
 */
import {mkdirSync, readFileSync, rmdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {Containers} from '../src/containers/cache.ts';
import {ContainerRows} from '../src/sources/containers/rows.ts';
import {MemoryCgroups} from '../src/sources/memory/cgroups.ts';
import {memoryHierarchy} from '../src/sources/memory/hierarchy.ts';
import {cgroupsOf, parseMounts} from '../src/util/mounts.ts';

const CGROUPS = 1000;
const ROWS = 50;
const LIMIT = 64 << 20;
/** All code is compiled by then. */
const WARM_UP = 10;

const mountinfo = readFileSync('/proc/self/mountinfo', 'utf8');
const {v1, v2} = cgroupsOf(parseMounts(mountinfo));
const hierarchy = memoryHierarchy(mountinfo);
if (!hierarchy) throw new Error('no memory cgroups are to be seen here');
const controllers = v1.filter((each) => each.controllers.some((name) => ['memory', 'cpu', 'cpuacct'].includes(name)));
const top = `kstop-bench-${process.pid}`;
const names = Array.from({length: CGROUPS}, (_, i) => `docker-${i.toString(16).padStart(64, '0')}.scope`);
const mounts = new Set([...controllers.map(({path}) => path), ...(v2 === undefined ? [] : [v2])]);
const folders = [...mounts].flatMap((mount) => [join(mount, top), ...names.map((name) => join(mount, top, name))]);
const made: string[] = [];
try {
  for (const folder of folders) {
    mkdirSync(folder);
    made.push(folder);
    if (hierarchy.version === 2 && !folder.endsWith('.scope'))
      writeFileSync(join(folder, 'cgroup.subtree_control'), '+memory');
  }
  for (const name of names) writeFileSync(join(hierarchy.mount, top, name, hierarchy.limit), String(LIMIT));
  const memory: number[] = [];
  const rows: number[] = [];
  const containers = new Containers({sockets: [], tell: () => undefined});
  const cgroups = new MemoryCgroups();
  cgroups.start('bench');
  const reader = new ContainerRows(cgroups, (path) => containers.lookup(path), ROWS);
  for (let i = 1; i <= WARM_UP + Number(process.argv[2]); i++) {
    const begin = performance.now();
    cgroups.read(i * 1000, 1000);
    const middle = performance.now();
    const found = reader.rows(i * 1000).length;
    const end = performance.now();
    if (found !== ROWS) throw new Error(`${found} rows`);
    if (i > WARM_UP) {
      memory.push(middle - begin);
      rows.push(end - middle);
    }
    await sleep(20);
  }
  cgroups.stop('bench');
  reader.stop();
  process.stdout.write(JSON.stringify({memory, rows}));
} finally {
  for (const folder of made.toReversed()) rmdirSync(folder);
}
