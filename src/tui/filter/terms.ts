/** The filter's language for the help screen: an example of each term, and what it shows. */
export const TERMS: readonly (readonly [example: string, shows: string])[] = [
  ['comm:ng*,java', 'tasks of these names; * and ? stand for any characters'],
  ['pid:42,43', 'these processes'],
  ['cpu:0-3', 'these CPUs'],
  ['type:VFS*', 'these types of events'],
  ['severity:critical', 'info, warning or critical'],
  ['container:web', 'a container by its name, pod or id; or a cgroup'],
  ['word "two words"', 'lines that hold them'],
  ['/a.*b/i', 'lines that a regular expression finds (i: also in capitals)'],
  ['!comm:java', 'all but these; several terms must all hold'],
];
