#include "airssys/wasm/security/approvals.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <system_error>

#include "airssys/base/text.h"
#include "private_file.h"

namespace airssys::wasm {
namespace {

using namespace std::string_view_literals;
using Json = nlohmann::ordered_json;
namespace fs = std::filesystem;

constexpr std::array states{"pending"sv, "reviewing"sv, "approved"sv, "denied"sv};
constexpr std::size_t id_digits = 16;
constexpr std::string_view extension = ".json";

bool is_id_part(std::string_view text) {
  return !text.empty() && text.size() <= id_digits && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

Json capabilities_json(const CapabilitySet& set) {
  Json list = Json::array();
  for (const Capability& capability : set)
    list.push_back({{"action", action_name(capability.action)}, {"pattern", capability.text()}});
  return list;
}

std::unexpected<Error> corrupt(std::string_view file_name, std::string_view what) {
  return fail(Code::corrupt,
              fmt::format("{}: {}; delete the file, and decide again when the component asks", printable(file_name, 4096), what));
}

// Reads the fields of a record. The first that is wrong is what is said.
class Reader {
 public:
  Reader(const Json& document, std::string_view file_name) : document_(document), file_name_(file_name) {}

  std::string text(const char* name) {
    const auto found = document_.find(name);
    if (found != document_.end() && found->is_string()) return found->get<std::string>();
    say(fmt::format("'{}' is missing or no string", name));
    return {};
  }
  CapabilitySet capabilities(const char* name) {
    CapabilitySet set;
    const auto found = document_.find(name);
    if (found == document_.end() || !found->is_array()) {
      say(fmt::format("'{}' is missing or no list", name));
      return set;
    }
    for (const Json& item : *found) {
      const auto action = item.is_object() ? item.find("action") : item.end();
      const auto pattern = item.is_object() ? item.find("pattern") : item.end();
      if (action == item.end() || !action->is_string() || pattern == item.end() || !pattern->is_string()) {
        say(fmt::format("'{}' holds what is no capability", name));
        return set;
      }
      const auto known = parse_action(action->get<std::string>());
      auto capability = known ? Capability::parse(*known, pattern->get<std::string>()) : fail(Code::corrupt, "");
      if (!capability || !set.grant(*std::move(capability))) say(fmt::format("'{}' holds what is no capability", name));
    }
    return set;
  }
  std::vector<std::string> texts(const char* name) {
    std::vector<std::string> all;
    const auto found = document_.find(name);
    if (found == document_.end() || !found->is_array())
      say(fmt::format("'{}' is missing or no list", name));
    else
      for (const Json& item : *found)
        item.is_string() ? all.push_back(item.get<std::string>()) : say(fmt::format("'{}' holds no string", name));
    return all;
  }
  std::map<std::string, std::string> pairs(const char* name) {
    std::map<std::string, std::string> all;
    const auto found = document_.find(name);
    if (found == document_.end() || !found->is_object()) {
      say(fmt::format("'{}' is missing or no object", name));
      return all;
    }
    for (const auto& [key, value] : found->items())
      if (value.is_string()) all.emplace(key, value.get<std::string>());
    return all;
  }
  void say(std::string what) {
    if (wrong.empty()) wrong = std::move(what);
  }

  std::string wrong;

 private:
  const Json& document_;
  std::string_view file_name_;
};

// Files of a folder that are named like records, sorted. A folder that is not there has none.
Result<std::vector<fs::path>> record_files(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    const std::string stem = entry->path().stem().native();
    if (entry->path().extension() == extension && stem.size() == id_digits && is_id_part(stem)) files.push_back(entry->path());
  }
  if (error && error != std::errc::no_such_file_or_directory)
    return fail(Code::io, fmt::format("{}: cannot be read: {}", shown(folder), error.message()));
  std::ranges::sort(files);
  return files;
}

// Of components, sorted.
Result<std::vector<fs::path>> component_folders(const fs::path& folder) {
  std::vector<fs::path> folders;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    std::error_code ignored;
    if (entry->is_directory(ignored) && ComponentName::parse(entry->path().filename().native())) folders.push_back(entry->path());
  }
  if (error && error != std::errc::no_such_file_or_directory)
    return fail(Code::io, fmt::format("{}: cannot be read: {}", shown(folder), error.message()));
  std::ranges::sort(folders);
  return folders;
}

Result<ApprovalRecord> read_record(const fs::path& file) {
  AIRSSYS_TRY(const SecretText text, read_private(file, max_approval_bytes, Code::invalid_configuration));
  AIRSSYS_TRY(ApprovalRecord record, parse_approval(text, file.native()));
  if (file.stem() != record.request.id() || file.parent_path().filename() != record.request.name)
    return corrupt(file.native(), "does not belong here: it is of another request, or was altered");
  return record;
}

}  // namespace

std::string_view approval_state_name(ApprovalState state) noexcept { return states[static_cast<std::size_t>(state)]; }

std::string ApprovalRequest::id() const {
  // Each part on a line of its own: none holds a line end.
  std::string text = fmt::format("approval 1\n{}\n{}\n", name, author);
  std::vector<std::string> lines = requested.texts();
  for (const std::string& one : custom) lines.push_back("custom " + one);
  std::ranges::sort(lines);
  for (const std::string& line : lines) text += line + "\n";
  constexpr std::size_t prefix = std::string_view("sha256:").size();
  return Digest::of(std::as_bytes(std::span(text))).text().substr(prefix, id_digits);
}

std::string approval_text(const ApprovalRecord& record) {
  const Json document{{"version", 1},
                      {"id", record.request.id()},
                      {"name", record.request.name},
                      {"author", record.request.author},
                      {"requested", capabilities_json(record.request.requested)},
                      {"custom", record.request.custom},
                      {"component_version", record.request.version},
                      {"wasm_hash", record.request.wasm_hash},
                      {"source", record.request.source},
                      {"rationale", record.request.rationale},
                      {"state", approval_state_name(record.state)},
                      {"granted", capabilities_json(record.granted)},
                      {"reason", record.reason},
                      {"requested_at", record.requested_at},
                      {"decided_at", record.decided_at}};
  return document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<ApprovalRecord> parse_approval(std::string_view text, std::string_view file_name) {
  if (text.size() > max_approval_bytes) return corrupt(file_name, "is too long for a record");
  const Json document = Json::parse(text.begin(), text.end(), nullptr, false);
  if (!document.is_object()) return corrupt(file_name, "is no record of a decision: not a JSON object");
  if (const auto version = document.find("version"); version == document.end() || *version != 1)
    return corrupt(file_name, "its 'version' is not 1, the one that this program knows");
  Reader read(document, file_name);
  ApprovalRecord record;
  record.request = {.name = read.text("name"),
                    .author = read.text("author"),
                    .requested = read.capabilities("requested"),
                    .custom = read.texts("custom"),
                    .version = read.text("component_version"),
                    .source = read.text("source"),
                    .wasm_hash = read.text("wasm_hash"),
                    .rationale = read.pairs("rationale")};
  const std::string state = read.text("state");
  const auto known = std::ranges::find(states, std::string_view(state));
  if (known == states.end())
    read.say("'state' is none");
  else
    record.state = static_cast<ApprovalState>(known - states.begin());
  record.granted = read.capabilities("granted");
  record.reason = read.text("reason");
  record.requested_at = read.text("requested_at");
  record.decided_at = read.text("decided_at");
  if (!ComponentName::parse(record.request.name)) read.say("'name' is no name of a component");
  if (record.request.author.contains('\n')) read.say("'author' is wrong");
  if (read.text("id") != record.request.id()) read.say("its 'id' is not that of what it says");
  if (!record.request.requested.covers(record.granted)) read.say("it grants more than was requested");
  if (!read.wrong.empty()) return corrupt(file_name, read.wrong);
  return record;
}

fs::path Approvals::file_of(const ApprovalRequest& request) const {
  return folder_ / request.name / fmt::format("{}{}", request.id(), extension);
}

Result<ApprovalRecord> Approvals::find(std::string_view id) const {
  if (!is_id_part(id))
    return fail(Code::invalid_argument,
                fmt::format("{} is no id of a request; see 'airssys-wasm approvals'", airssys::quoted(id)));
  AIRSSYS_TRY(const auto folders, component_folders(folder_));
  std::optional<fs::path> found;
  for (const fs::path& folder : folders) {
    AIRSSYS_TRY(const auto files, record_files(folder));
    for (const fs::path& file : files) {
      if (!file.stem().native().starts_with(id)) continue;
      if (found)
        return fail(Code::invalid_argument, fmt::format("'{}' begins the ids of several requests; write more of it", id));
      found = file;
    }
  }
  if (found) return read_record(*found);
  return fail(Code::not_found, fmt::format("there is no request '{}'; see 'airssys-wasm approvals'", id));
}

Result<std::optional<ApprovalRecord>> Approvals::find(const ApprovalRequest& request) const {
  auto record = read_record(file_of(request));
  if (record) return std::optional(*std::move(record));
  if (record.error().code() == Code::not_found) return std::optional<ApprovalRecord>();
  return std::unexpected(std::move(record).error());
}

Result<std::optional<ApprovalRecord>> Approvals::find_wider(const ApprovalRequest& request) const {
  AIRSSYS_TRY(auto records, of(request.name));
  for (ApprovalRecord& record : records) {
    const bool known = std::ranges::all_of(request.custom, [&](const std::string& one) {
      return std::ranges::find(record.request.custom, one) != record.request.custom.end();
    });
    if (record.state == ApprovalState::approved && record.request.author == request.author && known &&
        record.granted.covers(request.requested))
      return std::optional(std::move(record));
  }
  return std::optional<ApprovalRecord>();
}

Result<std::vector<ApprovalRecord>> Approvals::of(std::string_view name) const {
  AIRSSYS_TRY(const auto files, record_files(folder_ / name));
  std::vector<ApprovalRecord> records;
  for (const fs::path& file : files) {
    AIRSSYS_TRY(auto record, read_record(file));
    records.push_back(std::move(record));
  }
  return records;
}

Result<std::vector<ApprovalRecord>> Approvals::all() const {
  AIRSSYS_TRY(const auto folders, component_folders(folder_));
  std::vector<ApprovalRecord> records;
  for (const fs::path& folder : folders) {
    AIRSSYS_TRY(auto some, of(folder.filename().native()));
    std::ranges::move(some, std::back_inserter(records));
  }
  return records;
}

Result<> Approvals::save(const ApprovalRecord& record) const {
  const fs::path file = file_of(record.request);
  AIRSSYS_TRY(const auto files, record_files(file.parent_path()));
  if (files.size() >= max_approvals_per_component && std::ranges::find(files, file) == files.end())
    return fail(Code::exhausted, fmt::format("{}: there are {} requests of this component already; delete those that are old",
                                             shown(file.parent_path()), files.size()));
  return save_private(file, approval_text(record), Replace::silently);
}

}  // namespace airssys::wasm
