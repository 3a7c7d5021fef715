/** What os-release says of the system that kstop runs in: in a container, the container's. */
export interface Distribution {
  id: string;
  /** The family, the closest first: `ubuntu debian`. */
  like: string[];
  version?: string;
  name: string;
}

/** os-release(5). Undefined where there is none. */
export function parseOsRelease(text: string | undefined): Distribution | undefined {
  if (text === undefined) return undefined;
  const fields = new Map(
    text.split('\n').flatMap((line) => {
      const [, key, quoted = ''] = /^([A-Z_]+)=(.*)$/.exec(line.trim()) ?? [];
      return key ? [[key, quoted.replace(/^(["'])(.*)\1$/, '$2').replace(/\\(["'\\$`])/g, '$1')] as const] : [];
    }),
  );
  const id = fields.get('ID') || 'linux';
  const version = fields.get('VERSION_ID');
  const name = fields.get('PRETTY_NAME') || fields.get('NAME') || id;
  return {id, like: (fields.get('ID_LIKE') ?? '').split(' ').filter(Boolean), ...(version && {version}), name};
}

type Family = 'debian' | 'ubuntu' | 'fedora' | 'suse' | 'arch' | 'alpine' | 'other';

const FAMILIES: Record<string, Family> = {
  debian: 'debian',
  ubuntu: 'ubuntu',
  fedora: 'fedora',
  rhel: 'fedora',
  centos: 'fedora',
  suse: 'suse',
  opensuse: 'suse',
  arch: 'arch',
  alpine: 'alpine',
};

export function familyOf(distribution: Distribution | undefined): Family {
  const ids = distribution ? [distribution.id.replace(/^opensuse-.*/, 'opensuse'), ...distribution.like] : [];
  const known = ids.find((id) => Object.hasOwn(FAMILIES, id));
  return known ? (FAMILIES[known] as Family) : 'other';
}

const GRUB = (parameter: string) => `add ${parameter} to GRUB_CMDLINE_LINUX in /etc/default/grub`;

/** How each family sets a boot parameter, installs its own kernel. */
const WAYS: Record<Family, {boot: (parameter: string) => string; kernel?: (arch: string) => string}> = {
  debian: {
    boot: (parameter) => `${GRUB(parameter)}, run sudo update-grub, and reboot`,
    kernel: (arch) => `Debian's own kernel has it: sudo apt install linux-image-${arch === 'x64' ? 'amd64' : arch}`,
  },
  ubuntu: {
    boot: (parameter) => `${GRUB(parameter)}, run sudo update-grub, and reboot`,
    kernel: () => "Ubuntu's own kernel has it: sudo apt install linux-generic",
  },
  fedora: {
    boot: (parameter) => `sudo grubby --update-kernel=ALL --args="${parameter}", and reboot`,
    kernel: () => "the distribution's own kernel has it: sudo dnf install kernel",
  },
  suse: {
    boot: (parameter) => `${GRUB(parameter)}, run sudo grub2-mkconfig -o /boot/grub2/grub.cfg, and reboot`,
    kernel: () => "SUSE's own kernel has it: sudo zypper install kernel-default",
  },
  arch: {
    boot: (parameter) => `${GRUB(parameter)}, run sudo grub-mkconfig -o /boot/grub/grub.cfg, and reboot`,
    kernel: () => "Arch's own kernel has it: sudo pacman -S linux",
  },
  alpine: {
    boot: (parameter) =>
      `add ${parameter} to default_kernel_opts in /etc/update-extlinux.conf, run update-extlinux, and reboot`,
  },
  other: {boot: (parameter) => `add ${parameter} to the kernel's command line in the boot loader, and reboot`},
};

/** A boot parameter, as this distribution sets it; within a container it is the host's to set. */
export function bootWith(parameter: string, distribution: Distribution | undefined, contained: boolean): string {
  if (contained) return `on the host: ${WAYS.other.boot(parameter)}`;
  return WAYS[familyOf(distribution)].boot(parameter);
}

/** A kernel that was built with an option, as this distribution has it. */
export function kernelWith(
  option: string,
  distribution: Distribution | undefined,
  arch: string,
  contained: boolean,
): string {
  const kernel = contained ? undefined : WAYS[familyOf(distribution)].kernel?.(arch);
  return `boot a kernel built with ${option}=y${kernel ? ` (${kernel})` : ''}`;
}
