// DeadLetterRecord: the latest dead letters of a host, and how many there were of each reason.
#pragma once
#include <array>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "airssys/base/platform.h"
#include "airssys/wasm/core/dead_letter.h"
#include "airssys/wasm/host/host.h"
#include "components.h"

namespace airssys::wasm {

// Threads: any. A letter costs whoever loses it a short lock and a copy of its beginning; its contents are shared, not copied.
// What nobody received is counted by its sender, all else by its receiver.
class DeadLetterRecord final : public DeadLetterSink {
 public:
  struct Limits {
    std::size_t letters;          // >= 1
    std::uint64_t content_bytes;  // of all together
  };
  // All outlive this.
  DeadLetterRecord(Limits limits, const Components& components, const Platform& platform)
      : limits_(limits),
        components_(components),
        platform_(platform) {}

  void on_dead_letter(const ComponentAddress& receiver, const Message& message, DeadLetterReason reason,
                      bool keep_contents) noexcept override;
  [[nodiscard]] DeadLetters read() const;

  struct Claimed {
    std::string receiver;
    Message message;
  };
  // For who sends it again; nobody else gets it from now on. As Host::resend.
  [[nodiscard]] Result<Claimed> claim(std::uint64_t number);
  // It could not be sent, and may be claimed again.
  void give_back(std::uint64_t number, Message message);

 private:
  struct Kept {
    DeadLetter shown;
    std::optional<Message> message;  // none: without contents
  };
  // Guarded by mutex_, like all below.
  [[nodiscard]] Kept* find(std::uint64_t number);
  void keep(Kept& letter, Message message);
  void forget(Kept& letter);

  const Limits limits_;
  const Components& components_;
  const Platform& platform_;
  mutable std::mutex mutex_;
  std::vector<Kept> ring_;  // that of number n stands at n - 1, modulo limits_.letters
  std::uint64_t added_ = 0;
  std::uint64_t content_bytes_ = 0;
  std::uint64_t oldest_kept_ = 1;  // no older one has contents
  std::array<std::uint64_t, dead_letter_reason_count> counts_{};
};

}  // namespace airssys::wasm
