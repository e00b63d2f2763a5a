// SimPlatform: virtual time and seeded chance. Time stands still until someone advances it; two with one seed give the
// same random numbers. One thread.
#pragma once
#include <cstdint>
#include <random>

#include "airssys/base/platform.h"

namespace airssys {

class SimPlatform final : public Platform {
 public:
  explicit SimPlatform(std::uint64_t seed) : seed_(seed), random_(seed) {}

  Instant now() const noexcept override { return now_; }
  // Starts at 2026-01-01T00:00:00Z and moves with now().
  WallTime wall_now() const noexcept override;
  std::uint64_t random() noexcept override { return random_(); }
  std::unique_ptr<Thread> start_thread(std::string name, std::function<void()> body) override;
  std::unique_ptr<Thread> start_ticker(std::string name, Duration period, std::function<void()> body) override;

  [[nodiscard]] std::uint64_t seed() const noexcept { return seed_; }
  // Moves time forward; an instant that is already past changes nothing.
  void advance_to(Instant instant) noexcept { now_ = instant > now_ ? instant : now_; }
  void advance(Duration by) noexcept { advance_to(now_ + by); }

 private:
  std::uint64_t seed_;
  std::mt19937_64 random_;
  Instant now_{};
};

}  // namespace airssys
