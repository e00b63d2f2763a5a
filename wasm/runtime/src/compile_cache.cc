#include "compile_cache.h"

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace airssys::wasm {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view suffix = ".cwasm";
constexpr std::array<char, 8> magic{'A', 'I', 'R', 'S', 'C', 'W', '0', '1'};
constexpr std::size_t mac_bytes = crypto_generichash_BYTES;
constexpr std::size_t header_bytes = magic.size() + mac_bytes;
constexpr std::size_t secret_bytes = crypto_generichash_KEYBYTES;

const unsigned char* as_unsigned(std::span<const std::byte> bytes) { return reinterpret_cast<const unsigned char*>(bytes.data()); }

class File {
 public:
  explicit File(int fd) : fd_(fd) {}
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    if (fd_ >= 0) ::close(fd_);
  }
  explicit operator bool() const { return fd_ >= 0; }
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

Result<std::vector<std::byte>> read_all(const fs::path& path) {
  File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return fail(errno == ENOENT ? Code::not_found : Code::io, path.string() + ": " + std::strerror(errno));
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) return fail(Code::io, path.string() + ": " + std::strerror(errno));
  std::vector<std::byte> content(static_cast<std::size_t>(status.st_size));
  std::size_t have = 0;
  while (have < content.size()) {
    const ssize_t got = ::read(file.get(), content.data() + have, content.size() - have);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return fail(Code::io, path.string() + ": ended early");
    have += static_cast<std::size_t>(got);
  }
  return content;
}

bool write_all(int fd, std::span<const std::byte> content) {
  while (!content.empty()) {
    const ssize_t put = ::write(fd, content.data(), content.size());
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return false;
    content = content.subspan(static_cast<std::size_t>(put));
  }
  return true;
}

std::string temporary_name(const fs::path& path) {
  std::array<unsigned char, 8> random{};
  randombytes_buf(random.data(), random.size());
  std::array<char, 17> hex{};
  sodium_bin2hex(hex.data(), hex.size(), random.data(), random.size());
  return path.string() + ".tmp-" + hex.data();
}

// The key file, made by whichever process comes first; link() lets only one of them win.
Result<std::vector<unsigned char>> read_or_make_secret(const fs::path& path) {
  for (int attempt = 0; attempt < 2; ++attempt) {
    if (auto there = read_all(path)) {
      if (there->size() != secret_bytes) return fail(Code::corrupt, path.string() + ": not a cache key; delete the cache folder");
      const auto* begin = as_unsigned(*there);
      return std::vector<unsigned char>(begin, begin + secret_bytes);
    } else if (there.error().code() != Code::not_found) {
      return std::unexpected(there.error());
    }
    std::vector<unsigned char> secret(secret_bytes);
    randombytes_buf(secret.data(), secret.size());
    const std::string temporary = temporary_name(path);
    File file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!file || !write_all(file.get(), std::as_bytes(std::span(secret))))
      return fail(Code::io, temporary + ": " + std::strerror(errno));
    const bool won = ::link(temporary.c_str(), path.c_str()) == 0;
    const int why = errno;
    ::unlink(temporary.c_str());
    if (won) return secret;
    if (why != EEXIST) return fail(Code::io, path.string() + ": " + std::strerror(why));
  }
  return fail(Code::io, path.string() + ": cannot be made");
}

}  // namespace

CompileCache::CompileCache(fs::path directory, std::vector<unsigned char> secret, LogSink& log)
    : directory_(std::move(directory)), secret_(std::move(secret)), log_(&log) {}

Result<CompileCache> CompileCache::open(fs::path directory, LogSink& log) {
  if (sodium_init() < 0) return fail(Code::internal, "the crypto library cannot start");
  std::error_code error;
  fs::create_directories(directory, error);
  if (error) return fail(Code::io, directory.string() + ": " + error.message());
  fs::permissions(directory, fs::perms::owner_all, error);
  if (error) return fail(Code::io, directory.string() + ": " + error.message());
  AIRSSYS_TRY(auto secret, read_or_make_secret(directory / "key"));
  return CompileCache(std::move(directory), std::move(secret), log);
}

std::string CompileCache::key_of(std::span<const std::byte> wasm, std::uint64_t compatibility) const {
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
  auto content = read_all(file_of(key));
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
      return std::move(*content);
    }
  }
  log(*log_, LogLevel::warn, "cache", "{}: not what this host wrote; deleted, compiling again", file_of(key).filename().string());
  forget(key);
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
    log(*log_, LogLevel::warn, "cache", "compiled code cannot be kept in {}: {}", directory_.string(), std::strerror(errno));
    ::unlink(temporary.c_str());
    return;
  }
  prune();
}

void CompileCache::forget(const std::string& key) const {
  std::error_code ignored;  // gone already is as good
  fs::remove(file_of(key), ignored);
}

void CompileCache::prune() const {
  std::vector<std::pair<fs::file_time_type, fs::path>> files;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(directory_, error))
    if (entry.path().extension() == suffix) files.emplace_back(entry.last_write_time(error), entry.path());
  if (files.size() <= max_files) return;
  const auto surplus = static_cast<std::ptrdiff_t>(files.size() - max_files);
  std::nth_element(files.begin(), files.begin() + surplus, files.end());
  for (auto it = files.begin(); it != files.begin() + surplus; ++it) fs::remove(it->second, error);
}

}  // namespace airssys::wasm
