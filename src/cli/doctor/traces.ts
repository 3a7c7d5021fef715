import {accessSync, constants, existsSync, lstatSync} from 'node:fs';
import {dirname} from 'node:path';
import {defaultAuditPath} from '../../trace/audit/log.ts';
import {findBpftrace} from '../../trace/run/find.ts';

/** What ad-hoc traces need beyond the kernel. */
export interface TraceNeeds {
  bpftrace: {version: string; path: string; supervisor: string} | {missing: string; remedy: string};
  /** `problem`: why nothing can be written there, so that no trace would run. */
  audit: {path: string; problem?: string};
}

/** Why others could change what is written here; undefined also where nothing is. */
function objection(at: string, isFile: boolean, uid: number | undefined): string | undefined {
  const stats = lstatSync(at, {throwIfNoEntry: false});
  if (!stats) return undefined;
  if (isFile && !stats.isFile()) return 'it is no regular file';
  if (!isFile && !stats.isDirectory()) return `${at} is no folder`;
  if (stats.uid !== uid) return `${at} belongs to user ${stats.uid}`;
  return stats.mode & 0o022 ? `others may write to ${at}` : undefined;
}

/** Why no line of the audit log could be written here; nothing is made to find out. */
export function auditProblem(path: string, uid = process.geteuid?.()): string | undefined {
  try {
    const why = objection(dirname(path), false, uid) ?? objection(path, true, uid);
    if (why) return why;
    let at = path;
    while (!existsSync(at) && at !== dirname(at)) at = dirname(at);
    accessSync(at, constants.W_OK);
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'EIO';
  }
}

/** Asks bpftrace for its version, and looks at where the audit log is to be. */
export async function surveyTraces(): Promise<TraceNeeds> {
  const found = await findBpftrace();
  const path = defaultAuditPath();
  const problem = auditProblem(path);
  return {
    bpftrace:
      'missing' in found ? found : {version: found.version.text, path: found.path, supervisor: found.supervisor},
    audit: {path, ...(problem !== undefined && {problem})},
  };
}
