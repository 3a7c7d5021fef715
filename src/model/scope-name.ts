import type {ContainerRef} from '../types/stream.ts';
import {short} from './findings/rule.ts';
import {nameOfContainer} from './restarts.ts';

/** What a cgroup is called in a sentence: its container by its name, else its path. */
export const scopeName = (path: string, container: ContainerRef | undefined): string =>
  container ? `container ${nameOfContainer(container)}` : short(path);
