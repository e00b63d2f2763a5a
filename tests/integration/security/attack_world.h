// A host with an audit log, somebody who attacks, and a neighbour who must not notice.
#pragma once
#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "airssys/base/log.h"
#include "airssys/base/platform.h"
#include "airssys/wasm/host/host.h"
#include "airssys/wasm/security/admission.h"
#include "airssys/wasm/security/audit_line.h"
#include "airssys/wasm/security/audit_log.h"
#include "guest_folders.h"

namespace airssys::wasm::attacks {

using namespace std::chrono_literals;
using layer1::GuestOptions;

// A test that has not ended by then hangs.
inline constexpr Duration patience = 300s;

class Lines final : public LogSink {
 public:
  void write(const LogRecord& record) noexcept override;
  [[nodiscard]] bool contain(std::string_view text) const;
  // "source: text".
  [[nodiscard]] std::vector<std::string> all() const;

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};

// All lines so far, of a log whose chain holds.
[[nodiscard]] std::vector<AuditLine> lines_of(AuditLog& log);

class Attacks : public ::testing::Test {
 protected:
  Attacks();
  ~Attacks() override;

  // With what config() says, the audit log, and the neighbour. A second one goes on with the same home.
  void make_host();
  void run(const GuestOptions& options);
  // What handle-message answers; of an error its text.
  [[nodiscard]] std::string ask(std::string_view name, std::string_view command);
  [[nodiscard]] ComponentReport report(std::string_view name) const;
  // Stops the host, so that everything is recorded. Each test ends so: the neighbour is as it was, the audit log's chain holds.
  void end();

  [[nodiscard]] std::vector<AuditLine> audit() { return lines_of(*audit_log_); }
  // How many decisions there are of that component on that.
  [[nodiscard]] std::uint64_t audited(std::string_view name, AuditDecision decision, std::string_view action,
                                      std::string_view resource);

  [[nodiscard]] std::string at(std::string_view name) const { return (files_ / name).native(); }
  void write(std::string_view name, std::string_view text) const;
  [[nodiscard]] std::string read(std::string_view name) const;

  HostConfig config_;
  const layer1::GuestFolders folders_{"attacks"};
  const std::filesystem::path files_;  // of the machine, which components want
  const std::unique_ptr<Platform> platform_ = real_platform();
  Lines log_;
  std::unique_ptr<AuditLog> audit_log_;
  std::unique_ptr<Host> host_;
};

}  // namespace airssys::wasm::attacks
