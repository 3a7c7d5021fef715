import {mkdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import type {ExecutionContext} from 'ava';
import {Process, startLoad} from './load.ts';

/** A shell loop that ends with the test, and by itself when the test was killed. */
function loop(t: ExecutionContext, body: string, ...args: string[]): Process {
  const script = `while kill -0 ${process.pid} 2>/dev/null; do ${body}; done`;
  return new Process(t, ['/bin/sh', '-c', script, 'loop', ...args]);
}

function writeProject(folder: string): void {
  mkdirSync(folder);
  for (let file = 0; file < 5; file++) {
    const functions = Array.from(
      {length: 60},
      (_, i) =>
        `int f${file}_${i}(int *p, int n)\n{\n\tint s = ${i};\n\n\tfor (int k = 0; k < n; k++)\n\t\ts += p[k] * s;\n\treturn s;\n}\n`,
    );
    writeFileSync(join(folder, `part${file}.c`), `#include <stdio.h>\n#include <stdlib.h>\n${functions.join('\n')}`);
  }
}

function writeFiles(folder: string): void {
  mkdirSync(folder);
  for (let file = 0; file < 4; file++) writeFileSync(join(folder, `file${file}`), Buffer.alloc(4 << 20, file + 1));
}

/**
 * A project of some C files, built one file at a time, and files of some megabytes, copied one at a time, again and
 * again, with a breath between.
 */
export function building(t: ExecutionContext, disk: string): Process {
  writeProject(join(disk, 'project'));
  writeFiles(join(disk, 'from'));
  const compile = 'for file in "$1"/project/*.c; do cc -O2 -c "$file" -o "$file.o"; sleep 0.2; done';
  return loop(t, `${compile}; cp -r "$1/from" "$1/to"; sleep 1; rm -r "$1/to"; sleep 0.2`, disk);
}

/** A server and its client, 50 pages a second over loopback: a line each second says how many it has served. */
export function serving(t: ExecutionContext): Promise<Process> {
  return startLoad(t, 'server', [50]);
}
