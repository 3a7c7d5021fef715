import type {Shell} from '../options.ts';
import {bash} from './bash.ts';
import {fish} from './fish.ts';
import {zsh} from './zsh.ts';

/** The completion script of a shell, made from the tables of commands and flags. */
export function completions(shell: Shell): string {
  return {bash, zsh, fish}[shell]();
}
