import {readlinkSync} from 'node:fs';

/** PROC_PID_INIT_INO (include/linux/proc_ns.h) */
const INIT_PID_NS = 'pid:[4026531836]';

/** The kernel, and so the filter and every event, knows processes by their numbers in the first namespace. */
export function inOwnPidNamespace(): boolean {
  try {
    return readlinkSync('/proc/self/ns/pid') !== INIT_PID_NS;
  } catch {
    return false;
  }
}
