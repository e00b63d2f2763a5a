#include "compile_cache.h"

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <functional>
#include <system_error>

#include "file.h"

namespace airssys::wasm {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view suffix = ".cwasm";
constexpr std::string_view temporary_mark = ".tmp-";
// What is older was left by a process that was killed while it wrote.
constexpr auto longest_write = std::chrono::hours(1);
constexpr std::array<char, 8> magic{'A', 'I', 'R', 'S', 'C', 'W', '0', '1'};
constexpr std::size_t mac_bytes = crypto_generichash_BYTES;
constexpr std::size_t header_bytes = magic.size() + mac_bytes;
constexpr std::size_t secret_bytes = crypto_generichash_KEYBYTES;

const unsigned char* as_unsigned(std::span<const std::byte> bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

std::unexpected<Error> io_failure(std::string_view path, int why = errno) {
  return fail(why == ENOENT ? Code::not_found : Code::io, fmt::format("{}: {}", path, std::strerror(why)));
}

// Private: nobody else may even read it. In use: its time of use is set to now.
enum class Reading : std::uint8_t { in_use, private_key };

Result<std::vector<std::byte>> read_all(const fs::path& path, Reading how) {
  File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!file) return io_failure(path.native());
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) return io_failure(path.native());
  if (!S_ISREG(status.st_mode)) return fail(Code::io, path.native() + ": not a file");
  if (how == Reading::private_key && (status.st_mode & 077) != 0)
    return fail(Code::corrupt,
                fmt::format("{}: others may read it (mode {:o}); delete the cache folder, and whoever needs it makes it anew",
                            path.native(), status.st_mode & 0777));
  std::vector<std::byte> content(static_cast<std::size_t>(status.st_size));
  std::size_t have = 0;
  while (have < content.size()) {
    const ssize_t got = ::read(file.get(), content.data() + have, content.size() - have);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return io_failure(path.native());
    if (got == 0) return fail(Code::io, path.native() + ": ended early");
    have += static_cast<std::size_t>(got);
  }
  if (how == Reading::in_use) ::futimens(file.get(), nullptr);  // pruning goes by it; where that fails, by the age instead
  return content;
}

// A folder of its own, where nobody else can put or replace a file. One that was there before keeps its mode.
Result<> make_private_folder(const fs::path& directory) {
  std::error_code error;
  if (directory.has_parent_path()) fs::create_directories(directory.parent_path(), error);
  if (error) return fail(Code::io, fmt::format("{}: {}", directory.native(), error.message()));
  if (::mkdir(directory.c_str(), 0700) == 0) return {};
  if (errno != EEXIST) return io_failure(directory.native());
  struct stat status{};
  if (::stat(directory.c_str(), &status) != 0) return io_failure(directory.native());
  if (!S_ISDIR(status.st_mode)) return fail(Code::io, directory.native() + ": not a folder");
  if (status.st_uid != ::geteuid() || (status.st_mode & 022) != 0)
    return fail(Code::denied,
                directory.native() + ": others may write there; give the cache a folder that is yours alone (chmod 700)");
  return {};
}

std::string temporary_name(const fs::path& path) {
  std::array<unsigned char, 8> random{};
  randombytes_buf(random.data(), random.size());
  std::array<char, 17> hex{};
  sodium_bin2hex(hex.data(), hex.size(), random.data(), random.size());
  return fmt::format("{}{}{}", path.native(), temporary_mark, hex.data());
}

// The key file, made by whichever process comes first; link() lets only one of them win.
Result<std::vector<unsigned char>> read_or_make_secret(const fs::path& path) {
  for (int attempt = 0; attempt < 2; ++attempt) {
    if (auto there = read_all(path, Reading::private_key)) {
      if (there->size() != secret_bytes)
        return fail(Code::corrupt, path.native() + ": not a cache key; delete the cache folder, and it is made anew");
      const auto* begin = as_unsigned(*there);
      return std::vector<unsigned char>(begin, begin + secret_bytes);
    } else if (there.error().code() != Code::not_found) {
      return std::unexpected(there.error());
    }
    std::vector<unsigned char> secret(secret_bytes);
    randombytes_buf(secret.data(), secret.size());
    const std::string temporary = temporary_name(path);
    File file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!file || !write_all(file.get(), std::as_bytes(std::span(secret)))) return io_failure(temporary);
    const bool won = ::link(temporary.c_str(), path.c_str()) == 0;
    const int why = errno;
    ::unlink(temporary.c_str());
    if (won) return secret;
    if (why != EEXIST) return io_failure(path.native(), why);
  }
  return fail(Code::io, path.native() + ": comes and goes; is something else cleaning the cache folder?");
}

}  // namespace

CompileCache::CompileCache(fs::path directory, std::vector<unsigned char> secret, LogSink& log, AuditSink& audit)
    : directory_(std::move(directory)),
      secret_(std::move(secret)),
      log_(&log),
      audit_(&audit) {}

Result<CompileCache> CompileCache::open(fs::path directory, LogSink& log, AuditSink& audit) {
  if (sodium_init() < 0) return fail(Code::internal, "the crypto library cannot start");
  AIRSSYS_TRY_VOID(make_private_folder(directory));
  AIRSSYS_TRY(auto secret, read_or_make_secret(directory / "key"));
  return CompileCache(std::move(directory), std::move(secret), log, audit);
}

std::string CompileCache::key_of(std::span<const std::byte> wasm, std::uint64_t compatibility) {
  std::array<unsigned char, crypto_hash_sha256_BYTES> digest{};
  crypto_hash_sha256(digest.data(), as_unsigned(wasm), wasm.size());
  std::array<char, 2 * crypto_hash_sha256_BYTES + 1> hex{};
  sodium_bin2hex(hex.data(), hex.size(), digest.data(), digest.size());
  return fmt::format("{}-{:016x}", hex.data(), compatibility);
}

fs::path CompileCache::file_of(const std::string& key) const { return directory_ / (key + std::string(suffix)); }

std::vector<unsigned char> CompileCache::mac(const std::string& key, std::span<const std::byte> artifact) const {
  std::vector<unsigned char> result(mac_bytes);
  crypto_generichash_state state;
  crypto_generichash_init(&state, secret_.data(), secret_.size(), result.size());
  crypto_generichash_update(&state, reinterpret_cast<const unsigned char*>(magic.data()), magic.size());
  // The key has a fixed length, so that key and artifact cannot be cut in another place.
  crypto_generichash_update(&state, reinterpret_cast<const unsigned char*>(key.data()), key.size());
  crypto_generichash_update(&state, as_unsigned(artifact), artifact.size());
  crypto_generichash_final(&state, result.data(), result.size());
  return result;
}

std::optional<std::vector<std::byte>> CompileCache::load(const std::string& key) const {
  auto content = read_all(file_of(key), Reading::in_use);
  if (!content) {
    if (content.error().code() != Code::not_found)
      log(*log_, LogLevel::warn, "cache", "compiled code cannot be read: {}", content.error().message());
    return std::nullopt;
  }
  const bool framed = content->size() > header_bytes && std::memcmp(content->data(), magic.data(), magic.size()) == 0;
  if (framed) {
    const std::span<const std::byte> artifact = std::span(*content).subspan(header_bytes);
    if (sodium_memcmp(mac(key, artifact).data(), content->data() + magic.size(), mac_bytes) == 0) {
      content->erase(content->begin(), content->begin() + header_bytes);
      return *std::move(content);
    }
  }
  // It is not run, whether that can be recorded or not.
  static_cast<void>(audit_->record({.action = "cache.refuse",
                                    .resource = file_of(key).filename().native(),
                                    .decision = AuditDecision::deny,
                                    .rule = "not what this host wrote"}));
  reject(key, "not what this host wrote");
  return std::nullopt;
}

void CompileCache::store(const std::string& key, std::span<const std::byte> artifact) const {
  const fs::path path = file_of(key);
  const std::string temporary = temporary_name(path);
  const auto authentic = mac(key, artifact);
  File file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  const bool written = file && write_all(file.get(), std::as_bytes(std::span(magic))) &&
                       write_all(file.get(), std::as_bytes(std::span(authentic))) && write_all(file.get(), artifact);
  if (!written || ::rename(temporary.c_str(), path.c_str()) != 0) {
    log(*log_, LogLevel::warn, "cache", "compiled code cannot be kept in {}: {}", directory_.native(), std::strerror(errno));
    ::unlink(temporary.c_str());
    return;
  }
  prune();
}

void CompileCache::reject(const std::string& key, std::string_view why) const {
  log(*log_, LogLevel::warn, "cache", "{}: {}; deleted, compiling again", file_of(key).filename().native(), why);
  std::error_code ignored;  // gone already is as good
  fs::remove(file_of(key), ignored);
}

void CompileCache::prune() const {
  struct Seen {
    fs::file_time_type used;
    fs::path path;
    auto operator<=>(const Seen&) const = default;
  };
  std::vector<Seen> finished;
  std::vector<Seen> unfinished;
  auto now = fs::file_time_type::min();  // by the file just written
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(directory_, error)) {
    const auto used = entry.last_write_time(error);
    now = std::max(now, used);
    const std::string name = entry.path().filename().native();
    if (name.ends_with(suffix)) finished.push_back({used, entry.path()});
    if (name.find(temporary_mark) != std::string::npos) unfinished.push_back({used, entry.path()});
  }
  for (const Seen& file : unfinished)
    if (now - file.used > longest_write) fs::remove(file.path, error);
  if (finished.size() <= max_files) return;
  const auto kept = static_cast<std::ptrdiff_t>(max_files);
  std::nth_element(finished.begin(), finished.begin() + kept, finished.end(), std::greater<>());
  for (auto file = finished.begin() + kept; file != finished.end(); ++file) fs::remove(file->path, error);
}

}  // namespace airssys::wasm
