/** A kernel that the real-event tests run on, beside the machine's own. */
export type Kernel = {
  /** A prefix of its version, as fetch-kernel.sh takes it. */
  version: string;
  /** Where Debian has it. */
  suite: string;
  /** Runs unless other kernels are asked for: the others are for who wants to know. */
  usual: boolean;
};

export const kernels: readonly Kernel[] = [
  {version: '5.10', suite: 'bullseye-security', usual: true},
  {version: '6.1', suite: 'bookworm', usual: true},
  {version: '6.12', suite: 'bookworm-security, trixie', usual: true},
  {version: '6.18', suite: 'trixie-backports', usual: false},
  {version: '7', suite: 'sid', usual: false},
];

/** The kernels to run on: the usual ones, or those that KSTOP_VM_KERNELS names ("6.1 6.12", "all"). */
export function chosenKernels(wish = process.env.KSTOP_VM_KERNELS ?? ''): readonly string[] {
  if (wish.trim() === '') {
    return kernels.filter(({usual}) => usual).map(({version}) => version);
  }
  return wish.trim() === 'all' ? kernels.map(({version}) => version) : wish.trim().split(/[\s,]+/);
}
