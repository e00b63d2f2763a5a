#include "audit_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>

#include "airssys/wasm/security/audit_verify.h"
#include "private_file.h"

namespace airssys::wasm {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr std::string_view prefix = "audit-", suffix = ".jsonl";
constexpr std::size_t max_head_bytes = 4096;

}  // namespace

std::string audit_file_name(std::uint64_t number) { return fmt::format("{}{}{}", prefix, number, suffix); }

std::optional<std::uint64_t> audit_file_number(const fs::path& file) {
  const std::string name = file.filename().native();
  if (!name.starts_with(prefix) || !name.ends_with(suffix)) return std::nullopt;
  std::uint64_t number = 0;
  const char* const end = name.data() + name.size() - suffix.size();
  const auto [read_to, error] = std::from_chars(name.data() + prefix.size(), end, number);
  // Its own name, not another way to write it.
  if (error != std::errc{} || read_to != end || audit_file_name(number) != name) return std::nullopt;
  return number;
}

Result<std::vector<fs::path>> audit_files(const fs::path& folder) {
  std::error_code error;
  std::vector<fs::path> files;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error))
    if (audit_file_number(entry->path())) files.push_back(entry->path());
  if (error)
    return fail(error == std::errc::no_such_file_or_directory ? Code::not_found : Code::io,
                fmt::format("{}: {}", folder.native(), error.message()));
  std::ranges::sort(files, {}, audit_file_number);
  return files;
}

std::vector<fs::path> audit_folders(const fs::path& folder) {
  std::vector<fs::path> folders;
  for (int writer = 1; writer <= max_audit_writers; ++writer) {
    fs::path one = writer == 1 ? folder : folder / std::to_string(writer);
    if (const auto files = audit_files(one); files && !files->empty()) folders.push_back(std::move(one));
  }
  return folders;
}

Result<std::uint64_t> for_each_audit_line(const fs::path& file, const std::function<void(std::string_view line)>& each) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return fail(errno == ENOENT ? Code::not_found : Code::io, fmt::format("{}: {}", file.native(), std::strerror(errno)));
  std::array<char, 64 << 10> block;
  std::string line;
  std::uint64_t since_line_feed = 0;
  while (in.read(block.data(), block.size()), in.gcount() > 0) {
    std::string_view rest(block.data(), static_cast<std::size_t>(in.gcount()));
    while (!rest.empty()) {
      const std::size_t end = rest.find('\n');
      const std::string_view piece = rest.substr(0, end);
      line.append(piece.substr(0, AuditLine::max_bytes + 1 - std::min(line.size(), AuditLine::max_bytes + 1)));
      since_line_feed += piece.size();
      if (end == std::string_view::npos) break;
      each(line);
      line.clear();
      since_line_feed = 0;
      rest.remove_prefix(end + 1);
    }
  }
  if (in.bad()) return fail(Code::io, fmt::format("{}: {}", file.native(), std::strerror(errno)));
  return since_line_feed;
}

Result<std::string> first_audit_line(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return fail(errno == ENOENT ? Code::not_found : Code::io, fmt::format("{}: {}", file.native(), std::strerror(errno)));
  std::string line(AuditLine::max_bytes + 1, '\0');
  in.read(line.data(), static_cast<std::streamsize>(line.size()));
  line.resize(static_cast<std::size_t>(in.gcount()));
  if (in.bad()) return fail(Code::io, fmt::format("{}: {}", file.native(), std::strerror(errno)));
  return line.substr(0, line.find('\n'));
}

std::optional<AuditChain> read_audit_head(const fs::path& folder) {
  const auto text = read_private(folder / audit_head_name, max_head_bytes, Code::denied);
  if (!text) return std::nullopt;
  const Json json = Json::parse(std::string_view(*text), nullptr, false);
  if (!json.is_object() || json.value("version", Json()) != 1) return std::nullopt;
  const Json seq = json.value("seq", Json()), hash = json.value("hash", Json());
  if (!seq.is_number_unsigned() || !hash.is_string()) return std::nullopt;
  const auto parsed = parse_audit_hash(hash.get_ref<const std::string&>());
  if (!parsed) return std::nullopt;
  return AuditChain{seq.get<std::uint64_t>(), *parsed};
}

Result<> write_audit_head(const fs::path& folder, const AuditChain& chain) {
  const std::string text = fmt::format("{{\"version\":1,\"seq\":{},\"hash\":\"{}\"}}\n", chain.seq, audit_hash_text(chain.hash));
  return save_private(folder / audit_head_name, text, Replace::silently);
}

}  // namespace airssys::wasm
