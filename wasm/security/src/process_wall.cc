#include "airssys/wasm/security/process_wall.h"

#include <fmt/format.h>
#include <seccomp.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <vector>

#include "landlock.h"

namespace airssys::wasm {
namespace {

namespace fs = std::filesystem;

// What a program needs to be loaded and to know its machine.
constexpr std::array system_folders{"/usr", "/lib", "/lib64", "/bin"};
constexpr std::array system_files{"/etc/ld.so.cache",   "/etc/ld.so.preload", "/etc/localtime", "/etc/passwd", "/proc",
                                  "/sys/devices/system"};

// What only administrators and debuggers do. A process that changes its own identity, its namespaces or other processes is no
// host.
constexpr std::array given_up{
    SCMP_SYS(mount),
    SCMP_SYS(umount2),
    SCMP_SYS(pivot_root),
    SCMP_SYS(chroot),
    SCMP_SYS(move_mount),
    SCMP_SYS(open_tree),
    SCMP_SYS(fsopen),
    SCMP_SYS(fsconfig),
    SCMP_SYS(fsmount),
    SCMP_SYS(fspick),
    SCMP_SYS(mount_setattr),
    SCMP_SYS(swapon),
    SCMP_SYS(swapoff),
    SCMP_SYS(setns),
    SCMP_SYS(unshare),
    SCMP_SYS(init_module),
    SCMP_SYS(finit_module),
    SCMP_SYS(delete_module),
    SCMP_SYS(kexec_load),
    SCMP_SYS(kexec_file_load),
    SCMP_SYS(reboot),
    SCMP_SYS(bpf),
    SCMP_SYS(perf_event_open),
    SCMP_SYS(process_vm_readv),
    SCMP_SYS(process_vm_writev),
    SCMP_SYS(process_madvise),
    SCMP_SYS(kcmp),
    SCMP_SYS(pidfd_getfd),
    SCMP_SYS(keyctl),
    SCMP_SYS(add_key),
    SCMP_SYS(request_key),
    SCMP_SYS(open_by_handle_at),
    SCMP_SYS(name_to_handle_at),
    SCMP_SYS(userfaultfd),
    SCMP_SYS(io_uring_setup),
    SCMP_SYS(io_uring_enter),
    SCMP_SYS(io_uring_register),
    SCMP_SYS(clock_settime),
    SCMP_SYS(clock_adjtime),
    SCMP_SYS(adjtimex),
    SCMP_SYS(settimeofday),
    SCMP_SYS(sethostname),
    SCMP_SYS(setdomainname),
    SCMP_SYS(syslog),
    SCMP_SYS(acct),
    SCMP_SYS(quotactl),
    SCMP_SYS(personality),
    SCMP_SYS(vhangup),
    SCMP_SYS(iopl),
    SCMP_SYS(ioperm),
    SCMP_SYS(modify_ldt),
    SCMP_SYS(mknod),
    SCMP_SYS(mknodat),
    SCMP_SYS(fanotify_init),
    SCMP_SYS(setuid),
    SCMP_SYS(setgid),
    SCMP_SYS(setreuid),
    SCMP_SYS(setregid),
    SCMP_SYS(setresuid),
    SCMP_SYS(setresgid),
    SCMP_SYS(setfsuid),
    SCMP_SYS(setfsgid),
    SCMP_SYS(setgroups),
    SCMP_SYS(capset),
#if !defined(__SANITIZE_ADDRESS__)  // its leak check traces its own threads
    SCMP_SYS(ptrace),
#endif
};

// Where the network is not left open. What listens already goes on: taking a connection makes no socket by these.
constexpr std::array given_up_with_network{SCMP_SYS(socket), SCMP_SYS(connect)};

// False: the kernel has no filters.
Result<bool> give_up_calls(bool network) {
  const std::unique_ptr<void, decltype(&seccomp_release)> filter(seccomp_init(SCMP_ACT_ALLOW), seccomp_release);
  if (!filter) return fail(Code::io, "seccomp: no filter could be made");
  const auto refused = [](std::string_view what, int error) {
    return fail(Code::io, fmt::format("seccomp: {}: {}", what, std::strerror(-error)));
  };
  if (const int error = seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_TSYNC, 1); error != 0 && error != -EOPNOTSUPP)
    return refused("all threads", error);
  std::vector<int> calls(given_up.begin(), given_up.end());
  if (!network) calls.insert(calls.end(), given_up_with_network.begin(), given_up_with_network.end());
  for (const int call : calls)
    // What this machine's processor does not have is no error.
    if (const int error = seccomp_rule_add(filter.get(), SCMP_ACT_ERRNO(EPERM), call, 0); error != 0 && error != -EDOM)
      return refused("a rule", error);
  const int error = seccomp_load(filter.get());
  if (error == -ENOSYS || error == -EINVAL || error == -EOPNOTSUPP) return false;
  if (error != 0) return refused("the kernel", error);
  return true;
}

std::ptrdiff_t threads() {
  std::error_code ignored;
  return std::distance(fs::directory_iterator("/proc/self/task", ignored), fs::directory_iterator());
}

}  // namespace

Result<WallReport> raise_process_wall(const ProcessWall& wall) {
  if (threads() > 1)
    return fail(Code::unavailable, "the process wall has to be raised before other threads start: call it before Host::create");
  WallReport report{.landlock = landlock_version()};
  if (report.landlock != 0) {
    ProcessWall whole = wall;
    whole.execute.insert(whole.execute.end(), system_folders.begin(), system_folders.end());
    whole.read.insert(whole.read.end(), system_files.begin(), system_files.end());
    whole.write.emplace_back("/dev/null");
    AIRSSYS_TRY_VOID(confine_by_landlock(whole, report.landlock));
  } else {
    report.missing.emplace_back(
        "files outside of the host's own folders are not walled off: the kernel has no Landlock, or it is switched off; a kernel "
        "since 5.13 started with lsm=landlock,… has it");
  }
  AIRSSYS_TRY(report.calls, give_up_calls(wall.network));
  report.network = !wall.network && (report.calls || report.landlock >= 4);
  if (!wall.network && !report.network)
    report.missing.emplace_back(
        "the kernel cannot wall off the network: it has no seccomp filters, and its Landlock is older than version 4 (Linux "
        "6.7)");
  if (!report.calls) report.missing.emplace_back("system calls are not walled off: the kernel has no seccomp filters");
  return report;
}

}  // namespace airssys::wasm
