#include "attack_world.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <sstream>

#include "airssys/base/assert.h"
#include "airssys/wasm/security/audit_verify.h"
#include "airssys/wasm/security/guarded_open.h"

namespace airssys::wasm::attacks {
namespace {

namespace fs = std::filesystem;

TargetPattern only(std::string_view name) { return *TargetPattern::parse(name); }

// What a file system of the host would do in the name of its caller.
Result<Bytes> read_file(const EmbedderCall& call) {
  AIRSSYS_TRY(const OpenedFile file, open_file(call.gate, Bytes::copy_of(call.payload).text(), {.read = true}));
  std::array<char, 256> text{};
  const ssize_t size = ::pread(file.descriptor(), text.data(), text.size(), 0);
  return Bytes::copy_of(std::string_view(text.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0))));
}

Result<Bytes> write_file(const EmbedderCall& call) {
  const FileUse use{.write = true, .create = FileUse::Create::when_absent, .truncate = true};
  AIRSSYS_TRY(const OpenedFile file, open_file(call.gate, Bytes::copy_of(call.payload).text(), use));
  return Bytes::copy_of(::write(file.descriptor(), "pwned", 5) == 5 ? "written" : "not written");
}

}  // namespace

void Lines::write(const LogRecord& record) noexcept {
  const std::lock_guard lock(mutex_);
  lines_.push_back(fmt::format("{}: {}", record.source, record.text));
}

std::vector<std::string> Lines::all() const {
  const std::lock_guard lock(mutex_);
  return lines_;
}

bool Lines::contain(std::string_view text) const {
  const std::lock_guard lock(mutex_);
  return std::ranges::any_of(lines_, [&](const std::string& line) { return line.contains(text); });
}

Attacks::Attacks() : files_(fs::canonical(folders_.home()) / "files") {
  for (const char* folder : {"open", "openly", "closed"}) fs::create_directories(files_ / folder);
  write("open/mine", "mine");
  write("openly/secret", "secret");
  write("closed/secret", "secret");
  config_.workers = 2;
  config_.engine.max_instances = 16;
  config_.engine.max_fibers = 16;
  config_.engine.cache_directory = folders_.cache();
  config_.functions.push_back({.name = "read-file", .callers = {TargetPattern::any()}, .call = read_file});
  config_.functions.push_back({.name = "write-file", .callers = {TargetPattern::any()}, .call = write_file});
  config_.functions.push_back({.name = "treasure", .callers = {only("owner")}, .call = [](const EmbedderCall&) -> Result<Bytes> {
                                 return Bytes::copy_of("gold");
                               }});
}

Attacks::~Attacks() {
  if (host_) end();
}

void Attacks::end() {
  EXPECT_EQ(ask("neighbour", "echo still here"), "still here");
  const ComponentReport neighbour = report("neighbour");
  EXPECT_EQ(neighbour.state, ComponentState::running);
  EXPECT_EQ(neighbour.last_error, "");
  for (const std::uint64_t count : {neighbour.errors, neighbour.refused, neighbour.mailbox_full, neighbour.restarts})
    EXPECT_EQ(count, 0u);
  host_->stop();
  host_.reset();
  EXPECT_FALSE(audit().empty());
}

void Attacks::make_host() {
  host_.reset();
  audit_log_.reset();
  auto log = AuditLog::open(folders_.home() / "audit", {}, *platform_, log_);
  AIRSSYS_ASSERT(log, "{}", log.error().message());
  audit_log_ = *std::move(log);
  config_.audit = audit_log_.get();
  auto host = Host::create(config_, *platform_, log_);
  AIRSSYS_ASSERT(host, "{}", host.error().message());
  host_ = *std::move(host);
  run({.name = "neighbour"});
}

void Attacks::run(const GuestOptions& options) {
  const auto added = host_->add(folders_.make(options));
  ASSERT_TRUE(added) << added.error().message();
  const auto started = host_->start(*added);
  ASSERT_TRUE(started) << started.error().message();
}

std::string Attacks::ask(std::string_view name, std::string_view command) {
  const auto answer = host_->request(name, Bytes::copy_of(command), patience);
  return answer ? std::string(answer->text()) : answer.error().message();
}

ComponentReport Attacks::report(std::string_view name) const {
  for (ComponentReport& one : host_->report())
    if (one.name == name) return one;
  ADD_FAILURE() << "no component " << name;
  return {};
}

std::vector<AuditLine> lines_of(AuditLog& log) {
  const auto flushed = log.flush();
  EXPECT_TRUE(flushed) << flushed.error().message();
  const auto verified = verify_audit_folder(log.folder());
  EXPECT_TRUE(verified && verified->intact());
  std::vector<AuditLine> lines;
  const auto files = audit_files(log.folder());
  EXPECT_TRUE(files);
  for (const fs::path& file : *files)
    EXPECT_TRUE(for_each_audit_line(file, [&](std::string_view text) {
      auto line = AuditLine::parse(text);
      ASSERT_TRUE(line) << line.error().message();
      lines.push_back(*std::move(line));
    }));
  return lines;
}

std::uint64_t Attacks::audited(std::string_view name, AuditDecision decision, std::string_view action,
                               std::string_view resource) {
  std::uint64_t count = 0;
  for (const AuditLine& line : audit())
    if (line.component == fmt::format("default/{}/main", name) && line.decision == decision && line.action == action &&
        line.resource == resource)
      count += line.count;
  return count;
}

void Attacks::write(std::string_view name, std::string_view text) const { std::ofstream(files_ / name) << text; }

std::string Attacks::read(std::string_view name) const {
  std::ostringstream text;
  text << std::ifstream(files_ / name).rdbuf();
  return text.str();
}

}  // namespace airssys::wasm::attacks
