/**
 * Tests that guests leave out, by the beginning of their titles: variants of others of their file, and what depends on
 * kstop more than on the kernel. An emulated CPU takes ten seconds and more for each.
 */
export const LESSER: readonly string[] = [
  // blame
  'two hogs of different weight',
  'a wait for an idle CPU to wake up',
  'a culprit that takes another name',
  'a culprit that is gone',
  // doctor
  'an ordinary user is told to be root',
  'a lack of single capabilities is named',
  'namespaces: told as what they are',
  'without tracefs, BTF, pressure or /proc',
  // drops
  'what a full receive buffer drops over ipv6',
  'drops are counted exactly in more namespaces',
  'wrong checksums are InCsumErrors',
  'what a queue drops',
  'an ordinary transfer drops nothing',
  'a firewall at work leaves room',
  'without kernel symbols locations',
  'a filter by process leaves all packets out',
  // faults
  'faults of the kernel on behalf',
  '--comm and --cgroup: major faults',
  'where it cannot be hooked it says why',
  // fork-storm
  'a storm of forks whose numbers',
  'a storm of forks under a budget',
  // growth
  'a leak is foretold to when the limit and the swap',
  // pages
  'a file that a process writes, and its end',
  'the key, another process and the end',
  'a probe that is on counts whoever',
  'what costs too much ends early',
  // reclaim
  'the same without BTF arguments',
  'without a limit writing as much waits for no memory',
  // in-flight
  'a request that waits',
  // process
  'a path that is too long is cut',
  'ten crashes in a minute',
  'two thousand short lives',
  'filters by name and by process',
  'a filter by cgroup',
  // retransmit
  "segments sent again over ipv6 are the kernel's count",
  // sched
  'the histogram adds up',
  'kstop leaves its own waits out',
  // syscall
  'what sleeps by design is no slow call',
  'a process that ends while a thread waits',
  'a slow disk: the calls that wait for it',
  'a table of calls of the process',
  'the probe beside vfs',
  // tasks
  'memory that a process takes',
  'who waits for a CPU is shown',
  'a number that is given out again',
  '--comm and --top choose rows',
  // vfs
  'what sleeps by design is no slow file',
  'paths: as the caller would write them',
  'paths: renamed and deleted files',
  '--comm and --cgroup: only those',
  'a threshold that is changed while it runs',
];

/** Is a test one of them? */
export const isLesser = (title: string): boolean => LESSER.some((start) => title.startsWith(start));
