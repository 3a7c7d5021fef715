#!/bin/bash
# Boot a kernel in QEMU over this machine's own root file system, run one command in it as root, bring back its output
# and its exit code.
#
#   boot.sh [options] KERNELDIR [--] COMMAND [ARGUMENT…]       KERNELDIR comes from fetch-kernel.sh
#     -p CPUS (2)  -m MEMORY (2G)  -d SCRATCH DISK (512M)
#     -t SECONDS   bound of the command (600)     -b SECONDS   bound of the boot (120)
#     -e NAME=VALUE  environment of the command   -C DIR       its working directory (this one)
#     -x "PARAMETERS"  more for the kernel's command line      -q "ARGUMENTS"  more for QEMU
#     -f FROM=TO   copies a folder of this machine into the guest before it starts
#     -l DIR       keep the guest's console and dmesg there    -i  terminal: the command gets this one
#   boot.sh -n     only says whether all that a guest needs is installed
#
# The root file system is seen read-only over 9p, below an overlay in memory: the command finds every program and this
# clone under their own paths and can change nothing. /tmp and /run are empty. stdout and stderr come back apart and as
# they are written, so a run that is cut off leaves what it had printed.
#
# Exit codes: the command's; 124 it took too long; 125 no guest or a guest that died (its console's end is on stderr);
# 2 wrong use; 3 something that a guest needs is not installed.
set -euo pipefail

say() { printf 'vm: %s\n' "$*" >&2; }
usage() { sed -n '2,/^$/s/^# \{0,1\}//p' "$0" | sed '/^set /,$d' >&2; exit 2; }

cpus=2 memory=2G disk=512M command_bound=600 boot_bound=120 directory=$PWD extra='' interactive='' logs='' check_only=''
environment=() qemu_more=() folders=()
while getopts p:m:d:t:b:e:C:f:x:q:l:in option; do
  case $option in
    p) cpus=$OPTARG ;;
    m) memory=$OPTARG ;;
    d) disk=$OPTARG ;;
    t) command_bound=$OPTARG ;;
    b) boot_bound=$OPTARG ;;
    e) environment+=("$OPTARG") ;;
    C) directory=$(realpath "$OPTARG") ;;
    f) folders+=("$OPTARG") ;;
    x) extra=$OPTARG ;;
    q) read -ra words <<<"$OPTARG"; qemu_more+=("${words[@]}") ;;
    l) logs=$OPTARG ;;
    i) interactive=1 ;;
    n) check_only=1 ;;
    *) usage ;;
  esac
done
shift $((OPTIND - 1))
need() { # program, Debian package
  command -v "$1" >/dev/null || { say "$1 is not installed (Debian package $2)"; exit 3; }
}
need qemu-system-x86_64 qemu-system-x86
need busybox busybox-static
need cpio cpio
need modprobe kmod
! ldd "$(command -v busybox)" >/dev/null 2>&1 || { say 'busybox is not the static one (Debian package busybox-static)'; exit 3; }

[ -z "$check_only" ] || exit 0

[ $# -ge 1 ] || usage
kernel=$(realpath "$1")
shift
[ "${1:-}" != -- ] || shift
[ $# -ge 1 ] || usage
image=$(find "$kernel/boot" -name 'vmlinuz-*' -type f -print -quit 2>/dev/null || true)
modules=$(find "$kernel" -path '*/lib/modules/*' -prune -type d -print -quit 2>/dev/null || true)
if [ -z "$image" ] || [ -z "$modules" ]; then say "$kernel holds no kernel"; exit 2; fi
release=${modules##*/}

work=$(mktemp -d)
qemu='' out='' err=''
terminal=$([ -z "$interactive" ] || stty -g 2>/dev/null || true)
# shellcheck disable=SC2317 # called by the trap
cleanup() {
  local pid
  for pid in $qemu $out $err; do kill -KILL "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
  [ -z "$terminal" ] || stty "$terminal" 2>/dev/null || true
  rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# --- a turn: guests are software, and more of them than CPUs only run into each other's time limits -----------------

turn=''
while [ -z "$turn" ]; do
  for ((slot = 0; slot < ${KSTOP_VM_SLOTS:-$(nproc)}; slot++)); do
    exec {fd}>>"${TMPDIR:-/tmp}/kstop-vm-slot-$(id -u).$slot"
    if flock -n "$fd"; then turn=$slot; break; fi
    exec {fd}>&-
  done
  [ -n "$turn" ] || sleep 1
done

# --- the initrd: just enough to reach the root file system -------------------------------------------------------

init() {
  cat <<'INIT'
#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin
fail() { echo "init: $*" >/dev/console; poweroff -f; }
mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev
for module in /modules/*.ko; do insmod "$module"; done
nine=trans=virtio,version=9p2000.L,msize=262144
mount -t 9p -o $nine,ro,cache=loose root /lower || fail 'no root file system'
mount -t tmpfs -o size=70% tmpfs /upper; mkdir /upper/files /upper/work
mount -t overlay -o lowerdir=/lower,upperdir=/upper/files,workdir=/upper/work overlay /new || fail 'no overlay'
cd /new; mkdir -p proc sys dev tmp run mnt
mount -t tmpfs -o mode=1777 tmpfs tmp; mount -t tmpfs tmpfs run; mount -t tmpfs tmpfs mnt
# A clone below one of the folders just hidden comes back, with an overlay of its own.
clone=$(sed -n 's/.*kstop\.clone=\([^ ]*\).*/\1/p' /proc/cmdline)
case $clone in
  /tmp/*|/run/*|/mnt/*)
    mkdir -p ".$clone" /upper/clone /upper/clonework
    mount -t overlay -o "lowerdir=/lower$clone,upperdir=/upper/clone,workdir=/upper/clonework" overlay ".$clone" ;;
esac
mkdir -p mnt/share mnt/modules
mount -t 9p -o $nine,cache=none share mnt/share || fail 'no share'
folder=lib/modules; [ ! -L lib ] || folder=usr/lib/modules
mkdir -p $folder
mount -t 9p -o $nine,ro,cache=loose modules $folder
mount --move /proc proc; mount --move /sys sys; mount --move /dev dev
mkdir -p dev/shm dev/pts dev/mqueue
mount -t tmpfs -o mode=1777 tmpfs dev/shm
mount -t devpts -o gid=5,mode=620,ptmxmode=666 devpts dev/pts
ln -sf /proc/self/fd dev/fd; ln -sf /proc/self/fd/0 dev/stdin
ln -sf /proc/self/fd/1 dev/stdout; ln -sf /proc/self/fd/2 dev/stderr
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t bpf bpf sys/fs/bpf
mount -t tracefs tracefs sys/kernel/tracing
mount -t debugfs debugfs sys/kernel/debug
mount -t securityfs securityfs sys/kernel/security
hostname kstop-vm
exec switch_root /new /bin/bash /mnt/share/boot
INIT
}

make_initrd() {
  local tree=$work/initrd count=0 file name
  mkdir -p "$tree"/{bin,proc,sys,dev,modules,lower,upper,new}
  cp "$(command -v busybox)" "$tree/bin/busybox"
  init >"$tree/init"
  chmod 755 "$tree/init"
  # virtio_pci is built into some kernels. insmod wants them in this order, and plain.
  for name in virtio_pci 9pnet_virtio 9p overlay; do
    modprobe -d "${modules%/lib/modules/*}" -S "$release" --show-depends "$name" 2>/dev/null || [ "$name" = virtio_pci ]
  done | awk '$1 == "insmod" && !seen[$2]++ {print $2}' >"$work/insmod"
  while read -r file; do
    name=$tree/modules/$(printf %03d $count).ko
    count=$((count + 1))
    case $file in
      *.xz) xz -dc "$file" >"$name" ;;
      *.zst) zstd -qdc "$file" >"$name" ;;
      *) cp "$file" "$name" ;;
    esac
  done <"$work/insmod"
  [ "$count" -gt 0 ] || { say "$release has no 9p and overlay modules (a cloud kernel?)"; exit 125; }
  (cd "$tree" && find . | cpio --quiet -o -H newc | gzip -1) >"$work/initrd.gz"
}
make_initrd

# --- what the guest runs -------------------------------------------------------------------------------------------

share=$work/share
mkdir "$share"
{
  count=0
  for pair in ${folders[@]+"${folders[@]}"}; do
    count=$((count + 1))
    cp -a "${pair%%=*}" "$share/folder$count"
    printf 'mkdir -p %q && cp -a /mnt/share/folder%d/. %q || exit 126\n' "${pair#*=}" $count "${pair#*=}"
  done
  printf 'cd %q || exit 126\n' "$directory"
  for pair in ${environment[@]+"${environment[@]}"}; do printf 'export %q\n' "$pair"; done
  printf 'exec'
  printf ' %q' "$@"
  echo
} >"$share/command"
{
  printf 'bound=%q interactive=%q size=%q term=%q\n' "$command_bound" "$interactive" "$(stty size 2>/dev/null || true)" "${TERM:-linux}"
  cat <<'BOOT'
exec </dev/null >/dev/console 2>&1
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 TERM=dumb
export KSTOP_VM=1 KSTOP_KERNEL; KSTOP_KERNEL=$(uname -r)
ulimit -c 0
ip link set lo up
for controller in $(cat /sys/fs/cgroup/cgroup.controllers); do
  echo "+$controller" >/sys/fs/cgroup/cgroup.subtree_control
done 2>/dev/null
modprobe -a virtio_console virtio_blk loop
for port in /sys/class/virtio-ports/*; do
  case $(cat "$port/name") in
    out) out=/dev/${port##*/} ;;
    err) err=/dev/${port##*/} ;;
  esac
done
cut -d' ' -f1 /proc/uptime >/mnt/share/started
if [ "$interactive" ]; then
  export TERM=$term
  # shellcheck disable=SC2016 # for the inner shell
  resize='[ -z "$1" ] || stty rows "${1% *}" cols "${1#* }"; exec bash /mnt/share/command'
  setsid -c -w bash -c "$resize" bash "$size" <>/dev/hvc0 >&0 2>&1
  code=$?
else
  # Through pipes: a port can be opened once only, and programs open /dev/stderr again.
  mkfifo /run/out /run/err
  cat </run/out >"$out" & cats=$!
  cat </run/err >"$err" & cats="$cats $!"
  setsid -w timeout -k 10 "$bound" bash /mnt/share/command >/run/out 2>/run/err
  code=$?
  # A process left behind holds the pipes open: what is in them now still gets out.
  for tick in 1 2 3 4 5 6 7 8 9 10; do
    # shellcheck disable=SC2086 # a list
    kill -0 $cats 2>/dev/null || break
    sleep 0.2
  done
fi
dmesg >/mnt/share/dmesg 2>/dev/null
echo $code >/mnt/share/code.new
mv /mnt/share/code.new /mnt/share/code
echo o >/proc/sysrq-trigger
sleep 60
BOOT
} >"$share/boot"

# --- the guest -----------------------------------------------------------------------------------------------------

mkfifo "$work/out" "$work/err"
# Held open here, so that neither side waits for the other to come, and cat ends when we let go.
exec 7<>"$work/out" 8<>"$work/err"
cat <"$work/out" 7>&- 8>&- &
out=$!
cat <"$work/err" >&2 7>&- 8>&- &
err=$!

guest() {
  local export=security_model=none
  # shellcheck disable=SC2054 # QEMU's own commas
  local serial=(-chardev "file,id=out,path=$work/out" -device virtserialport,chardev=out,name=out
    -chardev "file,id=err,path=$work/err" -device virtserialport,chardev=err,name=err)
  # shellcheck disable=SC2054
  [ -z "$interactive" ] || serial=(-chardev stdio,id=tty,signal=off -device virtconsole,chardev=tty)
  rm -f "$share"/{started,code,dmesg}
  : >"$work/console"
  truncate -s "$disk" "$work/disk"
  # One thread for all CPUs: with one each, QEMU 7.2 lets a CPU run an int3 that another has taken away again, and the
  # kernel panics. Attaching to a tracepoint writes such an int3 into the scheduler: three hogs that yield and a loop
  # that switches sched_switch on and off kill a guest in seconds.
  # The guest dies with us, even when we are killed.
  setpriv --pdeathsig KILL qemu-system-x86_64 -accel tcg,thread=single -cpu max -smp "$cpus" -m "$memory" \
    -nodefaults -no-user-config -display none -no-reboot -name kstop-vm \
    -kernel "$image" -initrd "$work/initrd.gz" \
    -append "console=ttyS0 quiet panic=-1 nokaslr mitigations=off psi=1 kstop.clone=$directory $extra" \
    -serial "file:$work/console" -device virtio-rng-pci -device virtio-serial-pci "${serial[@]}" \
    -drive "file=$work/disk,format=raw,if=none,id=scratch,cache=unsafe,discard=unmap" \
    -device virtio-blk-pci,drive=scratch,serial=scratch \
    -fsdev "local,id=root,path=/,readonly=on,multidevs=remap,$export" -device virtio-9p-pci,fsdev=root,mount_tag=root \
    -fsdev "local,id=modules,path=${modules%/*},readonly=on,$export" \
    -device virtio-9p-pci,fsdev=modules,mount_tag=modules \
    -fsdev "local,id=share,path=$share,$export" -device virtio-9p-pci,fsdev=share,mount_tag=share \
    ${qemu_more[@]+"${qemu_more[@]}"} <&0 2>"$work/qemu" 7>&- 8>&- &
  qemu=$!
}

keep_logs() {
  [ -n "$logs" ] || return 0
  mkdir -p "$logs" || return 0
  cp "$work/console" "$share/dmesg" "$logs/" 2>/dev/null || true
}
post_mortem() {
  keep_logs
  { cat "$work/qemu"; tail -n 40 "$work/console" | tr -d '\r'; } >&2
}

begin=$SECONDS
for attempt in 1 2; do
  guest
  since=$SECONDS fate=''
  while [ -z "$fate" ]; do
    sleep 0.1
    if ! kill -0 "$qemu" 2>/dev/null; then fate=ended
    elif [ -e "$share/started" ]; then
      # The guest keeps the command's bound itself; this is for one that hangs.
      [ -n "$interactive" ] || [ $((SECONDS - since)) -lt $((command_bound + boot_bound + 15)) ] || fate=hung
      # Nobody reads any more: no use going on.
      kill -0 "$out" 2>/dev/null || fate=unread
    elif [ $((SECONDS - since)) -ge "$boot_bound" ]; then fate=slow; fi
  done
  [ "$fate" = ended ] || kill -KILL "$qemu" 2>/dev/null || true
  wait "$qemu" 2>/dev/null || true
  qemu=''
  [ ! -e "$share/started" ] || break
  # An emulated boot that panics or hangs is seldom the kernel's fault.
  say "$release did not boot ($fate, attempt $attempt)"
done

# Let the last output through.
exec 7>&- 8>&-
wait "$out" "$err" 2>/dev/null || true
out='' err=''

if [ ! -e "$share/started" ]; then
  post_mortem
  say "$release did not boot in two tries"
  exit 125
fi
# What QEMU itself used says more than the clock of a busy machine.
times >"$work/times" # in a pipe it would be another shell's
used=$(awk 'NR == 2 {split($1, user, /[ms]/); split($2, kernel, /[ms]/);
  printf "%d", (user[1] + kernel[1]) * 60 + user[2] + kernel[2]}' "$work/times")
took="$((SECONDS - begin)) s ($used s of CPU), the command started $(cat "$share/started") s after the kernel"
if [ "$fate" = unread ]; then keep_logs; exit 141; fi
if [ -e "$share/code" ]; then
  keep_logs
  code=$(cat "$share/code")
  [ "$code" -ne 124 ] || say "the command took longer than $command_bound s"
  say "$release, $cpus CPUs, $memory: exit code $code, $took"
  exit "$code"
fi
post_mortem
if [ "$fate" = hung ]; then say "$release: the guest hung, $took"; exit 124; fi
say "$release: the guest died$(sed -n 's/.*\(Kernel panic.*\)/ (\1)/p' "$work/console" | tr -d '\r' | tail -n 1), $took"
exit 125
