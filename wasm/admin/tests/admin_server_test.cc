#include "airssys/wasm/admin/admin_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <semaphore>

#include "airssys/wasm/admin/protocol.h"
#include "fake_host.h"
#include "test_client.h"

namespace airssys::wasm {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using ::testing::ElementsAre;
using testing::FakeHost;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;
using testing::TestClient;

constexpr std::string_view send_line = R"({"op":"send","to":"echo","payload":"aGVsbG8="})";
constexpr std::string_view ask_line = R"({"op":"request","to":"echo","payload":"aGVsbG8="})";
constexpr std::string_view done_line = R"({"ok":{}})";

std::string without_feed_of(std::string line) {
  line.pop_back();
  return line;
}

class FakeAudit final : public AuditSink {
 public:
  AuditStatus record(const AuditEvent& event) noexcept override {
    const std::scoped_lock lock(mutex_);
    if (status == AuditStatus::recorded)
      lines_.push_back(std::string(audit_decision_name(event.decision)) + " " + std::string(event.action) + " " +
                       std::string(event.resource));
    rule_ = event.rule;
    return status;
  }
  [[nodiscard]] std::vector<std::string> lines() const {
    const std::scoped_lock lock(mutex_);
    return lines_;
  }
  [[nodiscard]] std::string rule() const {
    const std::scoped_lock lock(mutex_);
    return rule_;
  }
  std::atomic<AuditStatus> status = AuditStatus::recorded;

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
  std::string rule_;
};

class AdminServerTest : public ::testing::Test {
 protected:
  AdminServerTest() : home_(fs::path(::testing::TempDir()) / ("admin_" + std::to_string(::getpid()))) {}
  ~AdminServerTest() override {
    server_.reset();
    fs::remove_all(home_);
  }
  void serve(AdminServerConfig config = {}) {
    auto socket = AdminSocket::open(home_, "shop");
    ASSERT_TRUE(socket) << socket.error().message();
    path_ = socket->path();
    config.program = "1.2.3";
    auto server = AdminServer::start(*std::move(socket), std::move(config), host_, audit_, *platform_, null_log());
    ASSERT_TRUE(server);
    server_ = *std::move(server);
  }
  // Greeted.
  [[nodiscard]] TestClient client() const {
    TestClient client(path_);
    EXPECT_THAT(client.line().value_or(""), StartsWith(R"({"airssys-admin":1,"host":"shop","process":)"));
    return client;
  }

  const fs::path home_;
  fs::path path_;
  FakeHost host_;
  FakeAudit audit_;
  std::unique_ptr<Platform> platform_ = real_platform();
  std::unique_ptr<AdminServer> server_;
};

TEST_F(AdminServerTest, GreetsThenAnswersEachRequestWithALine) {
  serve();
  TestClient one(path_);
  const auto greeting = parse_admin_greeting(one.line().value_or(""));
  ASSERT_TRUE(greeting) << greeting.error().message();
  EXPECT_EQ(greeting->host, "shop");
  EXPECT_EQ(greeting->process, ::getpid());
  EXPECT_EQ(greeting->program, "1.2.3");
  EXPECT_EQ(one.ask(send_line), done_line);
  EXPECT_EQ(one.ask(ask_line), R"({"ok":{"codec":"raw","payload":"aGVsbG8="}})");
  EXPECT_EQ(one.ask(R"({"op":"request","to":"echo","codec":"json","payload":"W10="})"),
            R"({"ok":{"codec":"json","payload":"W10="}})");
  EXPECT_EQ(one.ask(R"({"op":"resend","number":1})"), done_line);
  EXPECT_THAT(one.ask(R"({"op":"resend","number":2})"), HasSubstr(R"("code":"unavailable")"));
  EXPECT_THAT(one.ask(R"({"op":"send","to":"full","payload":""})"), HasSubstr(R"("code":"exhausted")"));
  EXPECT_THAT(host_.asked(), ElementsAre("send echo hello", "request echo hello", "request echo [] in json", "resend 1",
                                         "resend 2", "send full"));
  EXPECT_THAT(audit_.lines(), ElementsAre("allow admin.send echo", "allow admin.request echo", "allow admin.request echo",
                                          "allow admin.resend 1", "allow admin.resend 2", "allow admin.send full"));
  EXPECT_EQ(audit_.rule(), "user " + std::to_string(::getuid()) + ", process " + std::to_string(::getpid()));
  EXPECT_EQ(server_->stats().requests, 6u);
}

TEST_F(AdminServerTest, AnswersInOrderWhateverTheBytesWereCutInto) {
  serve();
  std::string all, expected;
  for (int n = 0; n < 20; ++n) all += std::string(n % 3 == 0 ? ask_line : send_line) + "\n";
  for (const std::size_t size : {std::size_t{1}, std::size_t{7}, all.size()}) {
    TestClient one = client();
    for (std::size_t at = 0; at < all.size(); at += size) one.put(std::string_view(all).substr(at, size));
    for (int n = 0; n < 20; ++n)
      EXPECT_THAT(one.line().value_or("closed"), StartsWith(n % 3 == 0 ? R"({"ok":{"codec":)" : done_line)) << n << " " << size;
  }
}

TEST_F(AdminServerTest, GarbageIsAnsweredAndTheConnectionGoesOn) {
  serve();
  TestClient one = client();
  EXPECT_THAT(one.ask("hello"), HasSubstr(R"("code":"invalid-argument","message":"request: no JSON at byte 1)"));
  EXPECT_THAT(one.ask(""), HasSubstr("no JSON at byte 1"));
  EXPECT_THAT(one.ask(std::string_view("\0\xff\x01", 3)), HasSubstr("no JSON"));
  EXPECT_THAT(one.ask(R"({"op":"sned"})"), HasSubstr("did you mean 'send'?"));
  EXPECT_EQ(one.ask(send_line), done_line);
  EXPECT_EQ(server_->stats().not_understood, 4u);
  EXPECT_EQ(server_->stats().requests, 1u);
}

TEST_F(AdminServerTest, ALineThatEndsWithItsConnectionIsSaidToBeTorn) {
  serve();
  TestClient one = client();
  one.put(std::string(send_line) + "\n" + std::string(send_line));
  one.half_close();
  EXPECT_EQ(one.line(), done_line);
  EXPECT_THAT(one.line().value_or(""), HasSubstr("the connection ends within a line"));
  EXPECT_EQ(one.line(), std::nullopt);
  EXPECT_EQ(host_.asked().size(), 1u) << "what is not whole is not done";
}

TEST_F(AdminServerTest, WhoHasSaidAllStillGetsTheAnswer) {
  std::binary_semaphore go(0);
  host_.on_request = [&](Payload payload, Duration) {
    go.acquire();
    return payload;
  };
  serve();
  TestClient one = client();
  one.put(std::string(ask_line) + "\n");
  one.half_close();
  go.release();
  EXPECT_THAT(one.line().value_or(""), StartsWith(R"({"ok":)"));
  EXPECT_EQ(one.line(), std::nullopt);
}

TEST_F(AdminServerTest, ALineLongerThanAnyMayBeEndsTheConnection) {
  serve();
  TestClient one = client();
  const std::string too_long(max_admin_line_bytes + 1, 'x');
  one.put(too_long);
  EXPECT_THAT(one.line().value_or(""), HasSubstr(R"("code":"too-large")"));
  EXPECT_EQ(one.line(), std::nullopt);
  EXPECT_EQ(server_->stats().too_long, 1u);
  EXPECT_EQ(client().ask(send_line), done_line);
}

TEST_F(AdminServerTest, AMessageOfTheLargestSizeGoesThereAndBack) {
  serve();
  TestClient one = client();
  const Payload largest{Bytes::copy_of(std::string(1 << 20, '\xff'))};
  one.put(admin_line(AdminRequest(AdminAsk{"echo", largest})));
  EXPECT_TRUE(parse_admin_payload(one.line().value_or("")).value() == largest);
}

TEST_F(AdminServerTest, ConnectionsPastTheLimitAreToldSo) {
  serve({.max_connections = 2});
  const auto first = std::make_unique<TestClient>(client());
  auto second = std::make_unique<TestClient>(client());
  TestClient third(path_);
  EXPECT_THAT(third.line().value_or(""), HasSubstr("this host has 2 connections, its limit"));
  EXPECT_EQ(third.line(), std::nullopt);
  EXPECT_EQ(server_->stats().too_many, 1u);
  while (server_->stats().open != 2) static_cast<void>(first->ask(send_line));
  second.reset();
  while (server_->stats().open == 2) static_cast<void>(first->ask(send_line));
  EXPECT_EQ(client().ask(send_line), done_line);
}

TEST_F(AdminServerTest, RequestsPastTheLimitAreRefusedAndHoldNobodyUp) {
  std::counting_semaphore<> go(0);
  std::atomic<int> waiting = 0;
  host_.on_request = [&](Payload payload, Duration) {
    ++waiting;
    waiting.notify_all();
    go.acquire();
    return payload;
  };
  serve({.max_requests = 2});
  TestClient one = client(), two = client(), three = client();
  one.put(std::string(ask_line) + "\n");
  two.put(std::string(ask_line) + "\n");
  for (int now = waiting; now < 2; now = waiting) waiting.wait(now);
  EXPECT_THAT(three.ask(ask_line), HasSubstr("2 requests are being worked on, the limit"));
  EXPECT_EQ(three.ask(send_line), done_line);
  go.release(3);
  EXPECT_THAT(one.line().value_or(""), StartsWith(R"({"ok":)"));
  EXPECT_THAT(two.line().value_or(""), StartsWith(R"({"ok":)"));
  EXPECT_THAT(three.ask(ask_line), StartsWith(R"({"ok":)"));
}

// ---- work on what components keep

TEST_F(AdminServerTest, WorksOnStorageAndRecordsIt) {
  const StoreId counter = *StoreId::parse("default/counter");
  const auto put = [&](std::string_view store, std::string_view key) {
    const std::array operations{StorageOperation{key, "12"}};
    ASSERT_TRUE(host_.storage().store(*StoreId::parse(store))->write(operations));
  };
  put("default/counter", "a");
  put("default/counter:more", "b");
  put("shared:team", "c");
  serve();
  TestClient one = client();
  const auto accounts = parse_admin_storage_accounts(one.ask(R"({"op":"storage-list"})"));
  ASSERT_TRUE(accounts) << accounts.error().message();
  ASSERT_EQ(accounts->accounts.size(), 2u);
  EXPECT_EQ(accounts->accounts[0], (AdminStorageAccount{"default/counter", 2, 6, std::uint64_t{50} << 20}));

  const fs::path file = home_ / "export.jsonl";
  const auto exported =
      parse_admin_storage_done(one.ask(without_feed_of(admin_line(AdminRequest(AdminStorageExport{"counter", file.native()})))));
  ASSERT_TRUE(exported) << exported.error().message();
  EXPECT_EQ(exported->keys, 2u);
  EXPECT_TRUE(fs::exists(file));
  EXPECT_THAT(one.ask(R"({"op":"storage-export","file":"export.jsonl"})"), HasSubstr("'export.jsonl': is not absolute"));
  EXPECT_THAT(one.ask(R"({"op":"storage-export","component":"..","file":"/x"})"), HasSubstr(R"("code":"invalid-argument")"));
  EXPECT_THAT(one.ask(R"({"op":"storage-backup","to":"/nowhere/b"})"), HasSubstr(R"({"error":)"));

  const auto verified = parse_admin_storage_verified(one.ask(R"({"op":"storage-verify"})"));
  ASSERT_TRUE(verified) << verified.error().message();
  EXPECT_EQ(verified->keys, 3u);
  EXPECT_THAT(verified->problems, IsEmpty());
  EXPECT_TRUE(parse_admin_storage_compacted(one.ask(R"({"op":"storage-compact"})")));
  EXPECT_EQ(parse_admin_storage_done(one.ask(R"({"op":"storage-delete","component":"counter:more"})"))->keys, 1u);
  EXPECT_EQ(parse_admin_storage_done(one.ask(R"({"op":"storage-delete","component":"counter"})"))->keys, 1u);
  EXPECT_EQ(host_.storage().store(counter)->usage().keys, 0u);
  EXPECT_THAT(audit_.lines(),
              ::testing::IsSupersetOf<std::string>({"allow admin.storage-list ", "allow admin.storage-delete counter:more",
                                                    "allow admin.storage-export counter to " + file.native()}));
}

TEST_F(AdminServerTest, DoesNoWorkOnStorageThatCannotBeRecorded) {
  audit_.status = AuditStatus::full;
  serve();
  TestClient one = client();
  EXPECT_THAT(one.ask(R"({"op":"storage-delete","component":"counter"})"), HasSubstr(R"("code":"unavailable")"));
}

TEST_F(AdminServerTest, WhoGoesAwayWhileItAsksIsForgotten) {
  std::binary_semaphore asked(0), go(0);
  host_.on_request = [&](Payload payload, Duration) {
    asked.release();
    go.acquire();
    return payload;
  };
  serve();
  {
    TestClient one = client();
    one.put(std::string(ask_line) + "\n");
    asked.acquire();
  }
  TestClient other = client();
  while (server_->stats().open > 1) static_cast<void>(other.ask(send_line));
  go.release();
  EXPECT_EQ(other.ask(send_line), done_line);
  server_.reset();  // its thread that asks stands on the semaphores
}

TEST_F(AdminServerTest, StrangersAreRefusedAndRecorded) {
  serve({.peer_of = [](int) -> Result<AdminPeer> { return AdminPeer{.user = 1001, .process = 7}; },
         .may_connect = [](const AdminPeer& peer) { return peer.user != 1001; }});
  TestClient one(path_);
  EXPECT_THAT(one.line().value_or(""), HasSubstr(R"("code":"capability-denied")"));
  EXPECT_EQ(one.line(), std::nullopt);
  EXPECT_THAT(audit_.lines(), ElementsAre("deny admin.connect user 1001, process 7"));
  EXPECT_EQ(server_->stats().strangers, 1u);
  EXPECT_EQ(server_->stats().connections, 0u);
}

TEST_F(AdminServerTest, WhoIsNotKnownIsAStranger) {
  serve({.peer_of = [](int) -> Result<AdminPeer> { return fail(Code::io, "the kernel does not say"); }});
  EXPECT_THAT(TestClient(path_).line().value_or(""), HasSubstr("capability-denied"));
}

TEST(AdminPeer, IsTheUserOrRoot) {
  EXPECT_TRUE(is_trusted({.user = ::geteuid()}));
  EXPECT_TRUE(is_trusted({.user = 0}));
  EXPECT_FALSE(is_trusted({.user = ::geteuid() + 1}));
  EXPECT_FALSE(is_trusted({}));
}

TEST_F(AdminServerTest, WhatCannotBeRecordedIsNotDone) {
  serve();
  TestClient one = client();
  audit_.status = AuditStatus::failed;
  EXPECT_THAT(one.ask(send_line), HasSubstr("the audit log cannot take it (failed)"));
  EXPECT_THAT(host_.asked(), IsEmpty());
  audit_.status = AuditStatus::recorded;
  EXPECT_EQ(one.ask(send_line), done_line);
  EXPECT_EQ(server_->stats().not_recorded, 1u);
}

TEST_F(AdminServerTest, ListsDeadLettersAndShowsOneWithItsContents) {
  DeadLetter letter;
  letter.number = 4;
  letter.at = platform_->now();
  letter.reason = DeadLetterReason::crashed;
  letter.beginning = "hello";
  letter.contents = encode(Bytes::copy_of("hello"));
  host_.add_letter(letter);
  letter.number = 5;
  letter.reason = DeadLetterReason::poison;
  letter.contents.reset();
  host_.add_letter(letter);
  serve();
  TestClient one = client();
  const auto letters = parse_admin_letters(one.ask(R"({"op":"dead-letters"})"));
  ASSERT_TRUE(letters) << letters.error().message();
  ASSERT_EQ(letters->letters.size(), 2u);
  EXPECT_EQ(letters->letters[0].number, 4u);
  EXPECT_EQ(letters->letters[0].reason, "crashed");
  EXPECT_TRUE(letters->letters[0].kept);
  EXPECT_FALSE(letters->letters[1].kept);
  EXPECT_EQ(letters->counts.at("poison"), 1u);
  const auto latest = parse_admin_letters(one.ask(R"({"op":"dead-letters","latest":1})"));
  ASSERT_EQ(latest->letters.size(), 1u);
  EXPECT_EQ(latest->letters[0].number, 5u);
  EXPECT_EQ(latest->dropped, 1u);
  const auto shown = parse_admin_letter(one.ask(R"({"op":"dead-letter","number":4})"));
  EXPECT_EQ(shown->content.value().text(), "hello");
  EXPECT_EQ(parse_admin_letter(one.ask(R"({"op":"dead-letter","number":5})"))->content, std::nullopt);
  EXPECT_EQ(parse_admin_letter(one.ask(R"({"op":"dead-letter","number":6})")).error().code(), Code::not_found);
}

TEST_F(AdminServerTest, ShowsWhatIsPublishedToThoseWhoWatch) {
  serve({.max_watches = 1});
  TestClient one = client();
  EXPECT_THAT(one.ask(R"({"op":"watch-topics","pattern":"orders..x"})"), HasSubstr("invalid-argument"));
  EXPECT_EQ(one.ask(R"({"op":"watch-topics","pattern":"orders.*"})"), done_line);
  EXPECT_THAT(client().ask(R"({"op":"watch-topics","pattern":"**"})"), HasSubstr("1 connections watch already"));
  host_.show("orders.new", "first");
  host_.show("weather.rain", "not this");
  host_.show("orders.paid", std::string(100'000, 'x'));
  const auto first = parse_admin_event(one.line().value_or(""));
  ASSERT_TRUE(first) << first.error().message();
  const auto& message = std::get<AdminPublished>(*first);
  EXPECT_EQ(message.topic, "orders.new");
  EXPECT_EQ(message.publisher, "default/shop/main");
  EXPECT_EQ(message.content.text(), "first");
  const auto second = parse_admin_event(one.line().value_or(""));
  EXPECT_EQ(std::get<AdminPublished>(*second).bytes, 100'000u);
  EXPECT_EQ(std::get<AdminPublished>(*second).content.size(), max_admin_event_bytes);
  EXPECT_THAT(one.ask(send_line), HasSubstr("nothing can be asked on a connection that watches"));
  EXPECT_EQ(one.line(), std::nullopt);
}

TEST_F(AdminServerTest, WhoWatchesTooSlowlyIsToldWhatItMissed) {
  serve({.stall = 1h});
  TestClient one = client();
  EXPECT_EQ(one.ask(R"({"op":"watch-topics","pattern":"**"})"), done_line);
  const std::string large(60'000, 'x');
  int published = 0;
  while (server_->stats().missed == 0) {
    host_.show("a", large);
    ++published;
  }
  std::uint64_t seen = 0, missed = 0;
  while (seen + missed < static_cast<std::uint64_t>(published)) {
    const auto event = parse_admin_event(one.line().value_or(""));
    ASSERT_TRUE(event) << event.error().message();
    if (const auto* const said = std::get_if<AdminMissed>(&*event))
      missed = said->messages;
    else
      ++seen;
  }
  EXPECT_GT(seen, 0u);
  EXPECT_GT(missed, 0u);
  EXPECT_EQ(seen + missed, static_cast<std::uint64_t>(published));
}

TEST_F(AdminServerTest, WhoNeverTakesWhatItIsSentIsCutOff) {
  serve({.stall = 50ms});
  TestClient watcher = client(), asker = client();
  EXPECT_EQ(watcher.ask(R"({"op":"watch-topics","pattern":"**"})"), done_line);
  const std::string ask = admin_line(AdminRequest(AdminAsk{"echo", {Bytes::copy_of(std::string(1 << 20, 'x'))}}));
  asker.put(ask);
  const std::string large(60'000, 'x');
  while (server_->stats().stalled < 2) host_.show("a", large);
  EXPECT_TRUE(watcher.wait_for_close());
  EXPECT_TRUE(asker.wait_for_close());
  EXPECT_EQ(client().ask(send_line), done_line) << "nobody else notices";
}

TEST_F(AdminServerTest, ItsEndTakesTheSocketAwayAndClosesAll) {
  serve();
  TestClient one = client();
  server_.reset();
  EXPECT_EQ(one.line(), std::nullopt);
  EXPECT_FALSE(fs::exists(path_));
  EXPECT_EQ(connect_admin_socket(path_).error().code(), Code::unavailable);
}

}  // namespace
}  // namespace airssys::wasm
