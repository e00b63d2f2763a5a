// A host without components: it writes down what it is asked, and answers what a test says.
#pragma once
#include <cstdlib>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "airssys/wasm/host/host.h"
#include "airssys/wasm/storage/storage.h"

namespace airssys::wasm::testing {

class FakeHost final : public Host {
 public:
  using Ring = rt::TapRing<PublishedMessage>;

  Result<std::string> add(const std::filesystem::path&) override { return unasked(); }
  const Manifest& manifest(std::string_view) const override { std::abort(); }  // no client asks for that
  Result<> grant(std::string_view, Capability) override { return unasked(); }
  Result<bool> revoke(std::string_view, Action, std::string_view) override { return unasked(); }
  Result<> start(std::string_view) override { return unasked(); }
  Result<> add_actor(ActorOptions, ActorFactory) override { return unasked(); }
  Result<Payload> invoke(std::string_view, Payload, Duration) override { return unasked(); }
  Result<MessageTap> tap(std::string_view, std::size_t) override { return unasked(); }
  Result<std::uint32_t> publish(std::string_view, Payload) override { return unasked(); }
  bool wait_idle(Duration) override { return true; }
  std::vector<ComponentReport> report() const override { return {}; }
  SupervisionNode tree() const override { return {}; }
  std::vector<std::string> stop() override { return {}; }
  Storage& storage() override { return *storage_; }

  Result<> send(std::string_view name, Payload payload) override {
    write_down("send", name, payload);
    if (name == "full") return fail(Code::exhausted, "the mailbox of 'full' is full");
    return {};
  }
  Result<Payload> request(std::string_view name, Payload payload, Duration timeout) override {
    write_down("request", name, payload);
    return on_request(std::move(payload), timeout);
  }
  DeadLetters dead_letters() const override {
    const std::scoped_lock lock(mutex_);
    return letters_;
  }
  Result<> resend(std::uint64_t number) override {
    write_down("resend", std::to_string(number), {});
    if (number == 2) return fail(Code::unavailable, "dead letter 2 was sent again already");
    return {};
  }
  Result<TopicTap> watch_topics(std::string_view pattern, std::size_t capacity) override {
    AIRSSYS_TRY(TopicPattern parsed, TopicPattern::parse(pattern));
    auto ring = rt::Ref<Ring>::adopt(new Ring(std::move(parsed), capacity));
    const std::scoped_lock lock(mutex_);
    rings_.push_back(ring);
    for (const auto& [topic, payload] : to_publish) ring->offer(*Topic::parse(topic), {}, message_of(topic, payload));
    return TopicTap(std::move(ring));
  }

  void show(std::string_view topic, std::string_view payload) {
    const std::scoped_lock lock(mutex_);
    for (const auto& ring : rings_) ring->offer(*Topic::parse(topic), {}, message_of(topic, payload));
  }
  void add_letter(DeadLetter letter) {
    const std::scoped_lock lock(mutex_);
    ++letters_.counts[static_cast<std::size_t>(letter.reason)];
    letters_.latest.push_back(std::move(letter));
  }
  [[nodiscard]] std::vector<std::string> asked() const {
    const std::scoped_lock lock(mutex_);
    return asked_;
  }

  std::vector<std::pair<std::string, std::string>> to_publish;  // at once, to whoever begins to watch
  std::function<Result<Payload>(Payload, Duration)> on_request = [](Payload payload, Duration) { return payload; };

 private:
  const std::unique_ptr<Platform> platform_ = real_platform();
  const std::unique_ptr<Storage> storage_ =
      *Storage::open({.flush = FlushMode::manual, .check_interval = Duration::zero()}, *platform_, null_log());
  static PublishedMessage message_of(std::string_view topic, std::string_view payload) {
    return {.topic = std::string(topic),
            .message = {.sender = Bytes::copy_of("default/shop/main"), .payload = encode(Bytes::copy_of(payload))}};
  }
  static std::unexpected<Error> unasked() { return fail(Code::internal, "no client asks for that"); }
  void write_down(std::string_view what, std::string_view name, const Payload& payload) {
    std::string line = std::string(what) + " " + std::string(name);
    if (!payload.content.empty()) line += " " + std::string(payload.text().substr(0, 32));
    if (payload.codec != raw_codec) line += " in " + codec_text(payload.codec);
    const std::scoped_lock lock(mutex_);
    asked_.push_back(std::move(line));
  }

  mutable std::mutex mutex_;
  std::vector<std::string> asked_;  // guarded, as all below
  DeadLetters letters_;
  std::vector<rt::Ref<Ring>> rings_;
};

}  // namespace airssys::wasm::testing
