import {spawnSync} from 'node:child_process';
import {chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import type {ExecutionContext} from 'ava';

export const repo = join(import.meta.dirname, '../..');

export interface Ran {
  status: number | null;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
}

export function run(command: string, args: string[], {cwd = '/', env}: RunOptions = {}): Ran {
  const {status, stdout, stderr, error} = spawnSync(command, args, {cwd, env, encoding: 'utf8', timeout: 60_000});
  if (error) throw error;
  return {status, stdout, stderr};
}

/** A folder that looks like a built clone: the real scripts, and a program that tells how it was started. */
export class FakeClone {
  readonly path: string;
  readonly launcher: string;

  constructor(t: ExecutionContext) {
    const folder = mkdtempSync(join(tmpdir(), 'kstop clone '));
    t.teardown(() => rmSync(folder, {recursive: true, force: true}));
    chmodSync(folder, 0o755);
    this.path = join(folder, 'my kstop');
    this.launcher = join(this.path, 'bin/kstop');
    cpSync(join(repo, 'bin'), join(this.path, 'bin'), {recursive: true});
    this.write('src/cli/main.ts', '');
    this.write('src/native/wire.gen.ts', '');
    this.write('bpf/sched.bpf.c', '');
    this.write('native/load.c', '');
    this.write('build.mjs', '');
    this.write('package-lock.json', '{}');
    this.write('node_modules/.kstop-lock', '{}');
    mkdirSync(join(this.path, 'node_modules/.bin'));
    symlinkSync(process.execPath, join(this.path, 'node_modules/.bin/node'));
    this.write(
      'dist/kstop.mjs',
      'console.log(JSON.stringify({args: process.argv.slice(2), cwd: process.cwd(), script: process.argv[1]}));',
    );
    this.write('dist/libkstop.so', '');
    this.write('dist/.stamp', '');
    this.age('dist/.stamp', -60);
  }

  write(path: string, text: string, mode = 0o644): void {
    const file = join(this.path, path);
    mkdirSync(dirname(file), {recursive: true});
    writeFileSync(file, text, {mode});
    this.age(path, 3600);
  }

  /** Sets a file's time to so many seconds ago. */
  age(path: string, seconds: number): void {
    const time = Date.now() / 1000 - seconds;
    utimesSync(join(this.path, path), time, time);
  }

  remove(path: string): void {
    rmSync(join(this.path, path), {recursive: true, force: true});
  }
}
