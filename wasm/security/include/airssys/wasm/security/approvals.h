// What was decided about what components ask for (R4.12): one file for each request, approvals/<name>/<id>.json in the host's
// home (docs/formats/approval.md).
//
// A request is who asks for what: a component's name, its author, and the capabilities; its id is made of these three, so the
// same question has the same id on every run, and a wider set or another author is another question. The author is the key that
// signed the component; one that is not signed has none, and stands for itself: its digest.
//
//   pending → reviewing → approved | denied      approved ⇄ denied by a later decision
//
// Threads: any; files change whole. A record that does not fit its id or its folder is refused: it was copied or altered.
#pragma once
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "airssys/base/result.h"
#include "airssys/base/time.h"
#include "airssys/wasm/component/digest.h"
#include "airssys/wasm/core/capability.h"
#include "airssys/wasm/core/identity.h"

namespace airssys::wasm {

enum class ApprovalState : std::uint8_t { pending, reviewing, approved, denied };
// "pending", …
[[nodiscard]] std::string_view approval_state_name(ApprovalState state) noexcept;

struct ApprovalRequest {
  std::string name;  // of the component
  std::string author;  // "ed25519:…", or the component's "sha256:…" when it is not signed
  CapabilitySet requested = {};
  std::vector<std::string> custom = {};  // names of custom capabilities, which are stored and refused
  // For whoever decides; not part of the question.
  std::string version = {}, source = {};  // SemVer; the folder or URL
  std::string wasm_hash = {};
  std::map<std::string, std::string> rationale = {};

  // 16 hex digits.
  [[nodiscard]] std::string id() const;
};

struct ApprovalRecord {
  ApprovalRequest request;
  ApprovalState state = ApprovalState::pending;
  CapabilitySet granted = {};  // approved: what of it; all, or less
  std::string reason = {};  // of the decision
  std::string requested_at = {}, decided_at = {};  // RFC 3339; the latter empty until somebody decided
};

inline constexpr std::size_t max_approval_bytes = 512 * 1024;
inline constexpr std::size_t max_approvals_per_component = 1000;

// Its JSON, and back. A record that is no record of this version, or whose id is not `id`: corrupt.
[[nodiscard]] std::string approval_text(const ApprovalRecord& record);
[[nodiscard]] Result<ApprovalRecord> parse_approval(std::string_view text, std::string_view file_name);

class Approvals {
 public:
  explicit Approvals(std::filesystem::path folder) : folder_(std::move(folder)) {}

  // The record of that id, of whatever component; a beginning of it will do when it is the only one. not_found; invalid_argument:
  // no id, or of several.
  [[nodiscard]] Result<ApprovalRecord> find(std::string_view id) const;
  // That of this question; none when nobody has asked it.
  [[nodiscard]] Result<std::optional<ApprovalRecord>> find(const ApprovalRequest& request) const;
  // An approved one of the same name and author that grants at least that much.
  [[nodiscard]] Result<std::optional<ApprovalRecord>> find_wider(const ApprovalRequest& request) const;
  // All, by component and id.
  [[nodiscard]] Result<std::vector<ApprovalRecord>> all() const;
  // Writes it with mode 0600. exhausted: there are too many of the component. Otherwise io.
  [[nodiscard]] Result<> save(const ApprovalRecord& record) const;

  [[nodiscard]] std::filesystem::path file_of(const ApprovalRequest& request) const;

 private:
  [[nodiscard]] Result<std::vector<ApprovalRecord>> of(std::string_view name) const;
  std::filesystem::path folder_;
};

}  // namespace airssys::wasm
