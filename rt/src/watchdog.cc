#include "watchdog.h"

#include <algorithm>
#include <string>
#include <utility>

#include "system_core.h"

namespace airssys::rt {
namespace {

constexpr int looks_per_limit = 4;

}  // namespace

std::vector<LongTurns::Report> LongTurns::look(Instant now, std::span<const TurnSample> samples) {
  std::vector<Report> reports;
  seen_.resize(std::max(seen_.size(), samples.size()));
  for (std::size_t n = 0; n < seen_.size(); ++n) {
    Seen& seen = seen_[n];
    const TurnSample sample = n < samples.size() ? samples[n] : TurnSample{};
    if (sample != seen.sample) {
      if (seen.reported) reports.push_back({ActorEvent::Kind::long_turn_over, seen.sample.actor, now - seen.since});
      seen = {.sample = sample, .since = now};
      continue;
    }
    if (seen.reported || sample.actor == ActorId{} || sample.system != system_ || now - seen.since < limit_) continue;
    seen.reported = true;
    reports.push_back({ActorEvent::Kind::long_turn, sample.actor, now - seen.since});
  }
  return reports;
}

std::unique_ptr<Watchdog> Watchdog::start(SystemCore& core) {
  if (core.limits.long_turn <= Duration::zero() || !core.events.wants(EventFamily::actor, Severity::warning)) return nullptr;
  std::vector<TurnSample> samples;
  core.executor.sample_turns(samples);
  return samples.empty() ? nullptr : std::make_unique<Watchdog>(core);
}

Watchdog::Watchdog(SystemCore& core) : core_(core), turns_(core.limits.long_turn, &core) {
  const Duration period = std::max<Duration>(core.limits.long_turn / looks_per_limit, std::chrono::milliseconds(1));
  ticker_ = core.executor.platform().start_ticker("rt-watchdog", period, [this] {
    samples_.clear();
    core_.executor.sample_turns(samples_);
    look(samples_);
  });
}

Watchdog::~Watchdog() {
  ticker_.reset();
  look({});
}

void Watchdog::look(std::span<const TurnSample> samples) {
  for (const LongTurns::Report& report : turns_.look(core_.executor.platform().now(), samples)) {
    const bool over = report.kind == ActorEvent::Kind::long_turn_over;
    if (!over) names_.emplace_back(report.actor, core_.name_of(report.actor));
    const auto known = std::ranges::find(names_, report.actor, &std::pair<ActorId, std::string>::first);
    const std::string name = known->second;
    if (over) names_.erase(known);
    core_.events.tell(EventFamily::actor, severity_of(report.kind), [&] {
      return ActorEvent{.kind = report.kind, .actor = report.actor, .name = name, .lasted = report.lasted};
    });
  }
}

}  // namespace airssys::rt
