// DeadLetterRecord: the latest dead letters of a host, and how many there were of each reason.
#pragma once
#include <mutex>
#include <vector>

#include "airssys/base/platform.h"
#include "airssys/wasm/core/dead_letter.h"
#include "airssys/wasm/host/host.h"
#include "components.h"

namespace airssys::wasm {

// Threads: any. A letter costs whoever loses it a short lock and a copy of its beginning. What nobody received is counted by its
// sender, all else by its receiver.
class DeadLetterRecord final : public DeadLetterSink {
 public:
  // All outlive this. `capacity` >= 1.
  DeadLetterRecord(std::size_t capacity, const Components& components, const Platform& platform)
      : capacity_(capacity),
        components_(components),
        platform_(platform) {}

  void on_dead_letter(const ComponentAddress& receiver, const Message& message, DeadLetterReason reason,
                      bool keep_contents) noexcept override;
  [[nodiscard]] DeadLetters read() const;

 private:
  const std::size_t capacity_;
  const Components& components_;
  const Platform& platform_;
  mutable std::mutex mutex_;
  std::vector<DeadLetter> ring_;  // guarded, as all below; grows up to the capacity, then each takes the oldest one's place
  std::array<std::uint64_t, dead_letter_reason_count> counts_{};
  std::uint64_t added_ = 0;
};

}  // namespace airssys::wasm
