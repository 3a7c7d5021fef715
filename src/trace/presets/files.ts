import {type Code, code} from '../script/code.ts';
import {tailOfPath} from './show/path.ts';
import type {Told} from './write.ts';

/** What is said of the paths of open files. */
export const PATH_NOTE = "of a path its last four names are told, within the file's own file system";

/** Sets `$file` to what a descriptor of the running task stands for. */
export function fileOfDescriptor(descriptor: Code): Code {
  return code`$file = (struct file *)*(((struct task_struct *)curtask)->files->fdt->fd + ${descriptor});`;
}

/** Whether `$file` is a regular file or a block device: what else is read and written (pipes, sockets, terminals) waits by design. */
export const IS_FILE = code`(($file->f_inode->i_mode & 0xf000) == 0x8000 || ($file->f_inode->i_mode & 0xf000) == 0x6000)`;

/** `$file`'s own name, and its length. */
export const NAME = code`$file->f_path.dentry->d_name.name`;
export const NAME_LENGTH = code`$file->f_path.dentry->d_name.len`;

/** Sets what `pathOfFile` reads, of `$file`. */
export const PARENTS = code`$entry = $file->f_path.dentry; $above = $entry->d_parent; $higher = $above->d_parent; $highest = $higher->d_parent;`;

/** `$file`'s path as an event's field, as far as an event has room. */
export function pathOfFile(): Told {
  return {
    name: 'path',
    kind: 'string',
    conversion: '%s/%s/%s/%s',
    values: [
      code`str($highest->d_name.name, 40)`,
      code`str($higher->d_name.name, 40)`,
      code`str($above->d_name.name, 40)`,
      code`str($entry->d_name.name)`,
    ],
    show: tailOfPath,
  };
}
