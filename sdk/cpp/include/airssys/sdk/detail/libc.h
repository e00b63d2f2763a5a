// What the C and C++ libraries need from a system, without WASI: a component imports only what it uses of `airssys:core`.
//
// Debian's libc reaches the system through functions named __imported_wasi_snapshot_preview1_*. Defined here, they are no
// imports any more, and the linker drops those that nothing calls: `services.log` is imported by a component that prints,
// the clocks by one that asks for the time. Weak, because every source file of a component sees this header.
//
//   stdout, stderr   whole lines to `services.log`, level info and warn; a last line without end when the export returns
//   clocks           `services.current-time` and `services.monotonic-now`
//   exit, abort      trap: a component that wants to end has crashed
//   random           refused (ENOSYS): getentropy() says so, std::random_device traps. There is no secure source yet.
//   files, sockets   refused (EBADF), no preopened folder; environment and arguments are empty
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string_view>

#include "airssys/sdk/detail/bindings.h"

// C's stdout where something links it, else null or absent.
extern "C" __attribute__((weak)) std::FILE* volatile __stdout_used;

namespace airssys::detail {

// Joins the pieces of a stream into lines.
class line_joiner {
 public:
  explicit constexpr line_joiner(std::uint8_t level) : level_(level) {}

  void write(std::string_view piece) {
    while (!piece.empty()) {
      const std::size_t end = piece.find('\n');
      const std::size_t taken = put(piece.substr(0, end));
      piece.remove_prefix(taken);
      if (!piece.empty() && piece.front() == '\n') {
        emit();
        piece.remove_prefix(1);
      } else if (size_ == capacity) {
        emit();
      }
    }
  }
  void flush() {
    if (size_ > 0) emit();
  }

 private:
  static constexpr std::size_t capacity = 1024;  // a longer line is logged in pieces

  std::size_t put(std::string_view text) {
    const std::size_t room = capacity - size_;
    const std::size_t taken = text.size() < room ? text.size() : room;
    std::memcpy(buffer_ + size_, text.data(), taken);
    size_ += taken;
    return taken;
  }
  void emit() {
    wit_string line{reinterpret_cast<std::uint8_t*>(buffer_), size_};
    wit_pairs fields{nullptr, 0};
    airssys_core_services_log(level_, &line, &fields);
    size_ = 0;
  }

  std::size_t size_ = 0;
  std::uint8_t level_;
  char buffer_[capacity]{};
};

inline constinit line_joiner out_lines{AIRSSYS_CORE_TYPES_LOG_LEVEL_INFO};
inline constinit line_joiner err_lines{AIRSSYS_CORE_TYPES_LOG_LEVEL_WARN};
// Set by the first write, so that a component that never writes links neither the joiners nor `services.log`.
inline constinit void (*flush_lines)() = nullptr;

inline void flush_both() {
  out_lines.flush();
  err_lines.flush();
}

// At the end of each export.
struct line_flush {
  line_flush() = default;
  line_flush(const line_flush&) = delete;
  line_flush& operator=(const line_flush&) = delete;
  ~line_flush() {
    if (flush_lines != nullptr) flush_lines();
  }
};

// Before the first export runs: C keeps nothing back, the joiners see every piece.
inline void unbuffer_stdout() {
  if (&__stdout_used != nullptr && __stdout_used != nullptr) std::setvbuf(__stdout_used, nullptr, _IONBF, 0);
}

inline constexpr std::int32_t wasi_ok = 0;
inline constexpr std::int32_t wasi_badf = 8;
inline constexpr std::int32_t wasi_inval = 28;
inline constexpr std::int32_t wasi_nosys = 52;

template <class T>
void store(std::int32_t address, T value) {
  std::memcpy(reinterpret_cast<void*>(static_cast<std::uintptr_t>(static_cast<std::uint32_t>(address))), &value, sizeof value);
}

}  // namespace airssys::detail

// ---- preview1 ---------------------------------------------------------------------------------------------------------

#define AIRSSYS_PREVIEW1(name, ...) \
  extern "C" __attribute__((weak)) std::int32_t __imported_wasi_snapshot_preview1_##name(__VA_ARGS__)
#define AIRSSYS_REFUSED(name, ...) \
  AIRSSYS_PREVIEW1(name, __VA_ARGS__) { return airssys::detail::wasi_badf; }

AIRSSYS_PREVIEW1(fd_write, std::int32_t fd, std::int32_t pieces, std::int32_t count, std::int32_t written) {
  using namespace airssys::detail;
  if (fd != 1 && fd != 2) return wasi_badf;
  flush_lines = &flush_both;
  struct piece {
    const char* data;
    std::size_t size;
  };
  const auto* piece_at = reinterpret_cast<const piece*>(static_cast<std::uintptr_t>(static_cast<std::uint32_t>(pieces)));
  std::uint32_t sum = 0;
  for (std::int32_t i = 0; i < count; ++i, ++piece_at) {
    (fd == 1 ? out_lines : err_lines).write({piece_at->data, piece_at->size});
    sum += static_cast<std::uint32_t>(piece_at->size);
  }
  store(written, sum);
  return wasi_ok;
}

AIRSSYS_PREVIEW1(clock_time_get, std::int32_t clock, std::int64_t, std::int32_t result) {
  using namespace airssys::detail;
  if (clock == 0) {
    airssys_core_services_timestamp_t at;
    airssys_core_services_current_time(&at);
    store(result, at.seconds * 1'000'000'000U + at.nanoseconds);
    return wasi_ok;
  }
  if (clock == 1) {
    store(result, airssys_core_services_monotonic_now());
    return wasi_ok;
  }
  return wasi_inval;
}
AIRSSYS_PREVIEW1(clock_res_get, std::int32_t, std::int32_t result) {
  airssys::detail::store(result, std::uint64_t{1});
  return airssys::detail::wasi_ok;
}

AIRSSYS_PREVIEW1(environ_sizes_get, std::int32_t count, std::int32_t size) {
  airssys::detail::store(count, std::uint32_t{0});
  airssys::detail::store(size, std::uint32_t{0});
  return airssys::detail::wasi_ok;
}
AIRSSYS_PREVIEW1(args_sizes_get, std::int32_t count, std::int32_t size) {
  airssys::detail::store(count, std::uint32_t{0});
  airssys::detail::store(size, std::uint32_t{0});
  return airssys::detail::wasi_ok;
}
AIRSSYS_PREVIEW1(environ_get, std::int32_t, std::int32_t) { return airssys::detail::wasi_ok; }
AIRSSYS_PREVIEW1(args_get, std::int32_t, std::int32_t) { return airssys::detail::wasi_ok; }
AIRSSYS_PREVIEW1(sched_yield) { return airssys::detail::wasi_ok; }
AIRSSYS_PREVIEW1(random_get, std::int32_t, std::int32_t) { return airssys::detail::wasi_nosys; }
AIRSSYS_PREVIEW1(poll_oneoff, std::int32_t, std::int32_t, std::int32_t, std::int32_t) { return airssys::detail::wasi_nosys; }

extern "C" __attribute__((weak, noreturn)) void __imported_wasi_snapshot_preview1_proc_exit(std::int32_t) { __builtin_trap(); }

AIRSSYS_REFUSED(fd_advise, std::int32_t, std::int64_t, std::int64_t, std::int32_t)
AIRSSYS_REFUSED(fd_allocate, std::int32_t, std::int64_t, std::int64_t)
AIRSSYS_REFUSED(fd_close, std::int32_t)
AIRSSYS_REFUSED(fd_datasync, std::int32_t)
AIRSSYS_REFUSED(fd_fdstat_get, std::int32_t, std::int32_t)
AIRSSYS_REFUSED(fd_fdstat_set_flags, std::int32_t, std::int32_t)
AIRSSYS_REFUSED(fd_fdstat_set_rights, std::int32_t, std::int64_t, std::int64_t)
AIRSSYS_REFUSED(fd_filestat_get, std::int32_t, std::int32_t)
AIRSSYS_REFUSED(fd_filestat_set_size, std::int32_t, std::int64_t)
AIRSSYS_REFUSED(fd_filestat_set_times, std::int32_t, std::int64_t, std::int64_t, std::int32_t)
AIRSSYS_REFUSED(fd_pread, std::int32_t, std::int32_t, std::int32_t, std::int64_t, std::int32_t)
AIRSSYS_REFUSED(fd_prestat_dir_name, std::int32_t, std::int32_t, std::int32_t)
AIRSSYS_REFUSED(fd_prestat_get, std::int32_t, std::int32_t)
AIRSSYS_REFUSED(fd_pwrite, std::int32_t, std::int32_t, std::int32_t, std::int64_t, std::int32_t)
AIRSSYS_REFUSED(fd_read, std::int32_t, std::int32_t, std::int32_t, std::int32_t)
AIRSSYS_REFUSED(fd_readdir, std::int32_t, std::int32_t, std::int32_t, std::int64_t, std::int32_t)
AIRSSYS_REFUSED(fd_renumber, std::int32_t, std::int32_t)
AIRSSYS_REFUSED(fd_seek, std::int32_t, std::int64_t, std::int32_t, std::int32_t)
AIRSSYS_REFUSED(fd_sync, std::int32_t)
AIRSSYS_REFUSED(fd_tell, std::int32_t, std::int32_t)
AIRSSYS_REFUSED(path_create_directory, std::int32_t, std::int32_t, std::int32_t)
AIRSSYS_REFUSED(path_filestat_get, std::int32_t, std::int32_t, std::int32_t, std::int32_t, std::int32_t)
AIRSSYS_REFUSED(path_filestat_set_times, std::int32_t, std::int32_t, std::int32_t, std::int32_t, std::int64_t, std::int64_t,
                std::int32_t)
AIRSSYS_REFUSED(path_link, std::int32_t, std::int32_t, std::int32_t, std::int32_t, std::int32_t, std::int32_t, std::int32_t)
AIRSSYS_REFUSED(path_open, std::int32_t, std::int32_t, std::int32_t, std::int32_t, std::int32_t, std::int64_t, std::int64_t,
                std::int32_t, std::int32_t)
AIRSSYS_REFUSED(path_readlink, std::int32_t, std::int32_t, std::int32_t, std::int32_t, std::int32_t, std::int32_t)
AIRSSYS_REFUSED(path_remove_directory, std::int32_t, std::int32_t, std::int32_t)
AIRSSYS_REFUSED(path_rename, std::int32_t, std::int32_t, std::int32_t, std::int32_t, std::int32_t, std::int32_t)
AIRSSYS_REFUSED(path_symlink, std::int32_t, std::int32_t, std::int32_t, std::int32_t, std::int32_t)
AIRSSYS_REFUSED(path_unlink_file, std::int32_t, std::int32_t, std::int32_t)
AIRSSYS_REFUSED(sock_accept, std::int32_t, std::int32_t, std::int32_t)
AIRSSYS_REFUSED(sock_recv, std::int32_t, std::int32_t, std::int32_t, std::int32_t, std::int32_t, std::int32_t)
AIRSSYS_REFUSED(sock_send, std::int32_t, std::int32_t, std::int32_t, std::int32_t, std::int32_t)
AIRSSYS_REFUSED(sock_shutdown, std::int32_t, std::int32_t)

#undef AIRSSYS_REFUSED
#undef AIRSSYS_PREVIEW1

// ---- the C++ library ----------------------------------------------------------------------------------------------------

// The stock ones print before they abort, which links stdio into every component that allocates. The trap's backtrace
// names the caller.
__attribute__((weak, noreturn)) void std::__libcpp_verbose_abort(const char*, ...) { __builtin_trap(); }
extern "C" __attribute__((weak, noreturn)) void abort_message(const char*, ...) { __builtin_trap(); }

namespace airssys::detail {
inline void* allocate(std::size_t size) { return std::malloc(size > 0 ? size : 1); }
inline void* allocate_or_trap(std::size_t size) {
  void* const memory = allocate(size);
  if (memory == nullptr) __builtin_trap();
  return memory;
}
}  // namespace airssys::detail

__attribute__((weak)) void* operator new(std::size_t size) { return airssys::detail::allocate_or_trap(size); }
__attribute__((weak)) void* operator new[](std::size_t size) { return airssys::detail::allocate_or_trap(size); }
__attribute__((weak)) void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return airssys::detail::allocate(size);
}
__attribute__((weak)) void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
  return airssys::detail::allocate(size);
}
__attribute__((weak)) void operator delete(void* memory) noexcept { std::free(memory); }
__attribute__((weak)) void operator delete[](void* memory) noexcept { std::free(memory); }
__attribute__((weak)) void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
__attribute__((weak)) void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
