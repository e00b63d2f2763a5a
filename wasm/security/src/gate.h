// The gate of one instance.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "airssys/wasm/security/component_security.h"

namespace airssys::wasm {

class ComponentSecurity::Gate final : public PermissionGate {
 public:
  explicit Gate(ComponentSecurity& of);
  ~Gate() override;

  Again again(const AnyPermit& permit) noexcept override;
  const Denial& last_denial() const noexcept override { return passing_; }
  std::uint64_t generation() const noexcept override { return of_.generation_.load(std::memory_order_acquire); }
  bool would_allow(Action action, std::string_view resource) const noexcept override;
  void record_refusal(Action action, std::string_view resource, std::string_view rule) noexcept override;

 private:
  // Why it is so, for the log.
  struct Rule {
    std::string text;
    std::string place = {};
  };
  struct Decision {
    std::uint64_t id;  // its place in decisions_ is the remainder by max_decisions
    Action action;
    std::string resource;
    Rule rule;
    std::optional<Denial> denial;    // none: allowed
    bool by_others = false;          // record_refusal: no answer of this gate
    std::uint64_t number = 0;        // of the denial
    std::uint64_t unrecorded = 0;    // uses since it was recorded
    Instant recorded_at{};
  };
  struct Verdict {
    Rule rule;
    std::optional<Denial> denial;
    bool by_others = false;
  };

  std::expected<AnyPermit, const Denial*> decide(Action action, std::string_view resource) noexcept override;
  std::expected<AnyPermit, const Denial*> decide_anew(Action action, std::string_view resource, std::size_t hash, Instant now);
  std::expected<AnyPermit, const Denial*> refuse(Action action, std::string_view resource, std::size_t hash, Verdict verdict,
                                                 Instant now);
  // Forbidden, granted: what stays so as long as the grants do.
  Verdict judge(Action action, std::string_view resource) const;
  Decision& remember(Decision decision, std::size_t hash, Instant now);
  Decision* find(Action action, std::string_view resource, std::size_t hash) noexcept;
  Decision* find_refusal(Action action, std::string_view resource, std::string_view rule, std::size_t hash) noexcept;
  void use(Decision& decision, Instant now) noexcept;
  // Whether the log took it.
  bool record(const Decision& decision, std::uint64_t count) noexcept;
  void settle(Decision& decision, Instant now) noexcept;
  void settle_left_behind() noexcept;
  void leave(Decision& decision, Instant now) noexcept;
  void refresh(Instant now) noexcept;
  // Whether a denial may have a line of its own in the audit log.
  bool may_record_denial(Instant now) noexcept;
  const Denial* too_many_calls(Action action, std::string_view resource, Instant now) noexcept;
  void log_denial(const Decision& decision) noexcept;

  ComponentSecurity& of_;
  std::shared_ptr<const CapabilitySet> granted_;
  std::uint64_t generation_ = 0;   // of granted_
  std::vector<std::size_t> hashes_;  // of decisions_, place by place
  std::vector<Decision> decisions_;
  std::size_t next_victim_ = 0;
  std::uint64_t serial_ = 0;
  Denial passing_;  // the last one that is not remembered
  Instant denials_window_{};
  std::uint32_t denials_in_window_ = 0;
  std::uint32_t logged_ = 0;
  Instant rate_recorded_at_{-std::chrono::seconds(1)};
  std::uint64_t rate_unrecorded_ = 0;
  std::uint64_t further_denials_ = 0;  // beyond max_denials_per_second, not yet recorded
};

}  // namespace airssys::wasm
