// A process of its own for tests that end one, or give it less than it wants.
//
//   store_child write KIND DIRECTORY process|disk   two threads write numbered entries for ever and acknowledge each on stdout
//   store_child components KIND DIRECTORY MODE      eight threads write through a Storage of that FlushMode, likewise
//   store_child hold KIND DIRECTORY                 opens the store, says so on stdout, and waits until stdin ends
//   store_child limited KIND DIRECTORY              writes until files may not grow any more, then reads all of it
//   store_child full KIND DIRECTORY                 the same on a small disk of its own, then makes room and writes again
//
// Exit code: 0, or 1 with what was wrong on stderr; 77 where the kernel lets nobody make a disk.
#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <vector>

#include "counted_entries.h"
#include "numbered_entries.h"
#include "storage_world.h"

namespace airssys::wasm::testing {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void wrong(std::string_view what) {
  fmt::print(stderr, "{}\n", what);
  std::_Exit(1);
}

std::unique_ptr<StorageBackend> opened(BackendKind kind, const fs::path& directory) {
  auto store = open_backend({.kind = kind, .directory = directory, .cache_bytes = 8 << 20});
  if (!store) wrong(store.error().message());
  return *std::move(store);
}

[[noreturn]] void write_for_ever(StorageBackend& store, unsigned writer, Durability durability) {
  for (std::uint64_t number = last_entry(store, writer) + 1;; ++number) {
    if (const auto done = write_entry(store, writer, number, durability); !done) wrong(done.error().message());
    const Acknowledged told{.writer = writer, .number = number};
    if (::write(STDOUT_FILENO, &told, sizeof told) != static_cast<ssize_t>(sizeof told)) std::_Exit(1);
  }
}

int write(BackendKind kind, const fs::path& directory, Durability durability) {
  const auto store = opened(kind, directory);
  std::vector<std::thread> writers;
  for (unsigned writer = 0; writer < entry_writers; ++writer)
    writers.emplace_back([&store, writer, durability] { write_for_ever(*store, writer, durability); });
  for (std::thread& writer : writers) writer.join();
  return 0;
}

// The step after which the one that was killed goes on. Deletions that followed leave no number: they are done once more.
std::uint64_t last_step(const Store& store) {
  std::uint64_t last = 0;
  std::string value;
  for (std::uint64_t key = 0; key < keys_of_writer; ++key) {
    std::uint64_t there = 0;
    if (store.get(counted_key(key), value).value_or(false)) std::from_chars(value.data(), value.data() + value.size(), there);
    last = std::max(last, there);
  }
  return last;
}

[[noreturn]] void count_for_ever(Storage& storage, unsigned writer) {
  const Store store = storage.own_store(writer_address(writer), std::nullopt, true);
  Waiter waiter;
  for (std::uint64_t number = last_step(store) + 1;; ++number) {
    const std::string key = counted_key(number), value = counted_value(number);
    const StorageOperation step{key, deletes(number) ? std::nullopt : std::optional<std::string_view>(value)};
    StoreResult<std::uint64_t> done = 0;
    if (storage.writes_wait()) {
      const auto begun = store.begin_write(std::span(&step, 1));
      if (!begun) wrong(begun.error().reason);
      waiter.wait_for(**begun);
      done = (*begun)->result();
    } else {
      done = store.write(std::span(&step, 1));
    }
    if (!done) wrong(done.error().reason);
    const Acknowledged told{.writer = writer, .number = number};
    if (::write(STDOUT_FILENO, &told, sizeof told) != static_cast<ssize_t>(sizeof told)) std::_Exit(1);
  }
}

int components(BackendKind kind, const fs::path& directory, std::string_view mode) {
  const auto platform = real_platform();
  const auto flush = flush_mode(mode);
  if (!flush) return 2;
  const auto storage = Storage::open({.backend = {.kind = kind, .directory = directory, .cache_bytes = 8 << 20}, .flush = *flush},
                                     *platform, null_log());
  if (!storage) wrong(storage.error().message());
  std::vector<std::thread> writers;
  for (unsigned writer = 0; writer < counting_writers; ++writer)
    writers.emplace_back([&storage, writer] { count_for_ever(**storage, writer); });
  for (std::thread& writer : writers) writer.join();
  return 0;
}

int hold(BackendKind kind, const fs::path& directory) {
  const auto store = opened(kind, directory);
  char byte = '!';
  if (::write(STDOUT_FILENO, &byte, 1) != 1) return 1;
  while (::read(STDIN_FILENO, &byte, 1) > 0) {}
  return 0;
}

std::string key_of(std::size_t number) { return fmt::format("entry/{:08}", number); }

// How many entries of 10 000 bytes it took until it answered io.
std::size_t write_until_full(StorageBackend& store) {
  const std::string value(10'000, 'v');
  for (std::size_t number = 0; number < 1'000'000; ++number) {
    // A sync now and then, as a host does.
    const auto durability = number % 100 == 99 ? Durability::disk : Durability::process;
    const auto done = store.write(Keyspace::guests, std::array{StorageWrite{key_of(number), value}}, durability);
    if (done) continue;
    if (done.error().code() != Code::io) wrong("not io but: " + done.error().message());
    fmt::print(stderr, "{}\n", done.error().message());
    return number;
  }
  wrong("it never got full");
}

void read_all(const StorageBackend& store, std::size_t count) {
  std::string value;
  for (std::size_t number = 0; number < count; ++number) {
    const auto found = store.get(Keyspace::guests, key_of(number), value);
    if (!found) wrong(found.error().message());
    if (!*found || value.size() != 10'000) wrong("lost: " + key_of(number));
  }
  std::size_t seen = 0;
  const auto scanned = store.scan(Keyspace::guests, {}, [&](std::string_view, std::string_view) { return ++seen != 0; });
  if (!scanned) wrong(scanned.error().message());
  if (seen < count) wrong("the scan sees less than there is");
}

int limited(BackendKind kind, const fs::path& directory) {
  const auto store = opened(kind, directory);
  // Of each file: less than the log gets in its time.
  constexpr rlimit limit{.rlim_cur = 4 << 20, .rlim_max = 4 << 20};
  std::signal(SIGXFSZ, SIG_IGN);
  if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) return 77;
  const std::size_t count = write_until_full(*store);
  std::string value;
  if (kind == BackendKind::rocksdb) {
    read_all(*store, count);
  } else if (const auto found = store->get(Keyspace::guests, key_of(0), value); !found && found.error().code() != Code::io) {
    wrong(found.error().message());
  }
  return 0;
}

void write_file(const fs::path& file, std::string_view text) {
  const int fd = ::open(file.c_str(), O_WRONLY);
  if (fd < 0 || ::write(fd, text.data(), text.size()) < 0) std::_Exit(77);
  ::close(fd);
}

int full(BackendKind kind, const fs::path& directory) {
  const auto user = ::getuid();
  const auto group = ::getgid();
  if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return 77;
  write_file("/proc/self/setgroups", "deny");
  write_file("/proc/self/uid_map", fmt::format("{} {} 1", user, user));
  write_file("/proc/self/gid_map", fmt::format("{} {} 1", group, group));
  fs::create_directories(directory);
  if (::mount("store", directory.c_str(), "tmpfs", 0, "size=170m") != 0) return 77;
  const fs::path ballast = directory / "ballast";
  const int fd = ::open(ballast.c_str(), O_WRONLY | O_CREAT, 0600);
  if (::posix_fallocate(fd, 0, 120 << 20) != 0) return 77;
  ::close(fd);

  auto store = opened(kind, directory / "store");
  const std::size_t count = write_until_full(*store);
  read_all(*store, count);
  fs::remove(ballast);
  const auto write_again = [&store] {
    return store->write(Keyspace::guests, std::array{StorageWrite{"again", "and again"}}, Durability::disk);
  };
  // RocksDB looks every five seconds whether there is room.
  auto again = write_again();
  while (kind == BackendKind::rocksdb && !again) again = write_again();
  if (!again) wrong("there is room again: " + again.error().message());
  store.reset();
  store = opened(kind, directory / "store");
  read_all(*store, count);
  return 0;
}

}  // namespace
}  // namespace airssys::wasm::testing

namespace {
int run(int count, char** words) {
  using namespace airssys::wasm;
  namespace child = airssys::wasm::testing;
  if (count < 4) return 2;
  const std::string_view what = words[1];
  const auto kind = parse_backend(words[2]);
  if (!kind) return 2;
  const std::filesystem::path directory = words[3];
  if (what == "write" && count == 5)
    return child::write(*kind, directory, std::string_view(words[4]) == "disk" ? Durability::disk : Durability::process);
  if (what == "components" && count == 5) return child::components(*kind, directory, words[4]);
  if (what == "hold") return child::hold(*kind, directory);
  if (what == "limited") return child::limited(*kind, directory);
  if (what == "full") return child::full(*kind, directory);
  return 2;
}
}  // namespace

// Without a leak check: sled leaks the error that ends it.
int main(int count, char** words) { std::_Exit(run(count, words)); }
