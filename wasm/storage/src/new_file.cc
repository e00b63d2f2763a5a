#include "new_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "airssys/base/text.h"

namespace airssys::wasm {
namespace {

constexpr std::size_t buffer_bytes = 256 * 1024;

std::unexpected<Error> failed(const std::filesystem::path& path, int error) {
  return fail(Code::io, fmt::format("{}: cannot be written: {}", printable(path.native(), path.native().size()),
                                    std::generic_category().message(error)));
}

}  // namespace

Result<NewFile> NewFile::create(const std::filesystem::path& path) {
  // With our process id, because two may write at once.
  auto beside = path.parent_path() / fmt::format(".{}.{}.part", path.filename().string(), ::getpid());
  Descriptor file(::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file) return failed(path, errno);
  return NewFile(path, std::move(beside), std::move(file));
}

NewFile::NewFile(std::filesystem::path path, std::filesystem::path beside, Descriptor file)
    : path_(std::move(path)),
      beside_(std::move(beside)),
      file_(std::move(file)) {}

NewFile::NewFile(NewFile&& other) noexcept
    : path_(std::move(other.path_)),
      beside_(std::exchange(other.beside_, {})),
      file_(std::move(other.file_)),
      buffer_(std::move(other.buffer_)) {}

NewFile::~NewFile() {
  if (!beside_.empty()) ::unlink(beside_.c_str());
}

Result<> NewFile::append(std::string_view bytes) {
  buffer_ += bytes;
  return buffer_.size() < buffer_bytes ? Result<>() : write_out();
}

Result<> NewFile::write_out() {
  for (std::string_view rest = buffer_; !rest.empty();) {
    const ssize_t put = ::write(file_.get(), rest.data(), rest.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return failed(path_, errno);
    rest.remove_prefix(static_cast<std::size_t>(put));
  }
  buffer_.clear();
  return {};
}

Result<> NewFile::commit() {
  AIRSSYS_TRY_VOID(write_out());
  if (::fsync(file_.get()) != 0 || ::rename(beside_.c_str(), path_.c_str()) != 0) return failed(path_, errno);
  beside_.clear();
  return {};
}

}  // namespace airssys::wasm
