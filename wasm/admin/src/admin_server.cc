#include "airssys/wasm/admin/admin_server.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <functional>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "airssys/base/metric.h"
#include "airssys/wasm/admin/protocol.h"
#include "client.h"
#include "operations.h"
#include "request_threads.h"
#include "waker.h"

namespace airssys::wasm {
namespace {

using std::chrono::milliseconds;

// Between two looks at what was published, while somebody watches: a tap wakes nobody.
constexpr Duration watch_period = milliseconds(20);
constexpr std::size_t max_unsent_events = 1 << 20;  // bytes, of one who watches
constexpr Duration accept_pause = milliseconds(100);  // when the process has no descriptor left

class RealAdminServer final : public AdminServer {
 public:
  RealAdminServer(AdminSocket socket, AdminServerConfig config, Host& host, AuditSink& audit, Platform& platform, LogSink& log,
                  Waker waker)
      : config_(std::move(config)),
        platform_(platform),
        log_(log),
        operations_(host, audit, platform),
        waker_(std::move(waker)),
        socket_(std::move(socket)) {
    asking_.emplace(config_.max_requests, platform,
                    [this](std::uint64_t client, std::string line) { answered(client, std::move(line)); });
    thread_ = platform.start_thread("admin", [this] { serve(); });
  }

  ~RealAdminServer() override {
    over_.store(true, std::memory_order_release);
    waker_.wake();
    thread_.reset();
    asking_.reset();
  }

  AdminStats stats() const override {
    return {.connections = connections_.value(),
            .open = open_.load(std::memory_order_relaxed),
            .requests = requests_.value(),
            .not_understood = not_understood_.value(),
            .strangers = strangers_.value(),
            .too_many = too_many_.value(),
            .not_recorded = not_recorded_.value(),
            .too_long = too_long_.value(),
            .stalled = stalled_.value(),
            .missed = missed_.value()};
  }

 private:
  struct Answer {
    std::uint64_t client;
    std::string line;
  };

  void serve() {
    while (!over_.load(std::memory_order_acquire)) {
      wait();
      const Instant now = platform_.now();
      if (polled_[0].revents != 0) waker_.clear();  // before the answers are looked at: later ones wake anew
      take_answers(now);
      for (std::size_t n = 0; n < clients_.size(); ++n) attend(*clients_[n], polled_[n + 2].revents, now);
      if (polled_[1].revents != 0) accept_all(now);
      std::erase_if(clients_, [this](const auto& client) { return let_go(*client); });
      open_.store(clients_.size(), std::memory_order_relaxed);
    }
    clients_.clear();
    const AdminSocket closed = std::move(socket_);
  }

  // ---- waiting

  void wait() {
    polled_.clear();
    polled_.push_back({.fd = waker_.get(), .events = POLLIN, .revents = 0});
    polled_.push_back({.fd = socket_.get(), .events = static_cast<short>(cannot_accept_ ? 0 : POLLIN), .revents = 0});
    Duration at_most = cannot_accept_ ? accept_pause : Duration::max();
    const Instant now = platform_.now();
    for (const auto& client : clients_) {
      const bool sends = client->unsent() > 0;
      const bool reads = !sends && (client->state == Client::State::reads || client->state == Client::State::watches);
      polled_.push_back(
          {.fd = client->get(), .events = static_cast<short>((sends ? POLLOUT : 0) | (reads ? POLLIN : 0)), .revents = 0});
      if (sends) at_most = std::min(at_most, std::max(Duration::zero(), client->stalled_since() + config_.stall - now));
      if (client->watch) at_most = std::min(at_most, watch_period);
    }
    cannot_accept_ = false;
    const int wait_ms = at_most == Duration::max() ? -1 : static_cast<int>(ceil<milliseconds>(at_most).count());
    // Interrupted: there is nothing to do, and the next look finds what there is.
    if (::poll(polled_.data(), polled_.size(), wait_ms) < 0)
      for (pollfd& one : polled_) one.revents = 0;
  }

  // ---- clients

  void accept_all(Instant now) {
    for (;;) {
      Descriptor socket(::accept4(socket_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
      if (!socket) {
        if (errno == EINTR || errno == ECONNABORTED) continue;
        cannot_accept_ = errno != EAGAIN;
        return;
      }
      welcome(std::move(socket), now);
    }
  }

  void welcome(Descriptor socket, Instant now) {
    const auto peer = config_.peer_of(socket.get());
    auto client = std::make_unique<Client>(++last_client_, std::move(socket), peer ? *peer : AdminPeer{});
    if (!peer || !config_.may_connect(*peer)) {
      strangers_.add();
      operations_.record_refused(client->peer);
      log(log_, LogLevel::warn, "admin", "refused user {}, process {}: neither the host's user nor root", client->peer.user,
          client->peer.process);
      client->send(admin_error_line(Error(Code::denied, "this host answers its own user and root only")), now);
    } else if (clients_.size() >= config_.max_connections) {
      too_many_.add();
      client->send(admin_error_line(Error(Code::exhausted, fmt::format("this host has {} connections, its limit; end one of them",
                                                                       config_.max_connections))),
                   now);
    } else {
      connections_.add();
      client->send(admin_line(AdminGreeting{.host = socket_.name(), .process = ::getpid(), .program = config_.program}), now);
      clients_.push_back(std::move(client));
    }
  }

  void attend(Client& client, short events, Instant now) {
    if (client.unsent() > 0) {
      client.flush(now);
      if (client.unsent() > 0 && now - client.stalled_since() >= config_.stall) cut_off(client, "took nothing", stalled_);
    }
    if (client.watch && client.state == Client::State::watches) show(client, now);
    if (client.state == Client::State::gone) return;
    if ((events & POLLIN) != 0)
      read(client, now);
    else if ((events & (POLLHUP | POLLERR)) != 0)
      client.state = Client::State::gone;
    else if (client.state == Client::State::reads && client.unsent() == 0)
      take_lines(client, now);  // those that came while it had no turn
  }

  void read(Client& client, Instant now) {
    switch (client.read()) {
      case Client::Read::data: take_lines(client, now); return;
      case Client::Read::nothing: return;
      case Client::Read::end: break;
    }
    if (client.state == Client::State::reads && client.lines().torn())
      refuse(client, Error(Code::invalid_argument, "request: the connection ends within a line; end each with a line feed"), now);
    end(client);
  }

  void take_lines(Client& client, Instant now) {
    while (client.state == Client::State::reads && client.unsent() == 0) {
      const auto line = client.lines().next();
      if (!line) break;
      auto request = parse_admin_request(*line);
      if (request)
        carry_out(client, *std::move(request), now);
      else
        refuse(client, request.error(), now);
    }
    if (client.state == Client::State::watches && (client.lines().torn() || client.lines().too_long())) {
      refuse(client, Error(Code::invalid_argument, "request: nothing can be asked on a connection that watches; make another"),
             now);
      end(client);
    }
    if (client.state == Client::State::reads && client.lines().too_long()) {
      too_long_.add();
      client.send(
          admin_error_line(Error(
              Code::too_large, fmt::format("request: a line of more than {} bytes; the connection ends", max_admin_line_bytes))),
          now);
      end(client);
    }
  }

  void refuse(Client& client, const Error& error, Instant now) {
    not_understood_.add();
    client.send(admin_error_line(error), now);
  }

  // Once everything is sent.
  static void end(Client& client) {
    if (client.state == Client::State::gone) return;
    client.watch.reset();
    client.state = client.unsent() > 0 ? Client::State::leaves : Client::State::gone;
  }

  void cut_off(Client& client, std::string_view why, Counter& counter) {
    counter.add();
    log(log_, LogLevel::warn, "admin", "cut off process {}: it {} for too long", client.peer.process, why);
    client.state = Client::State::gone;
  }

  bool let_go(Client& client) {
    if (client.state != Client::State::gone) return false;
    client.gone->store(true);
    client.watch.reset();
    return true;
  }

  // ---- requests

  void carry_out(Client& client, AdminRequest request, Instant now) {
    requests_.add();
    if (const auto recorded = operations_.record(client.peer, request); !recorded) {
      not_recorded_.add();
      client.send(admin_error_line(recorded.error()), now);
      return;
    }
    if (auto* const ask = std::get_if<AdminAsk>(&request)) {
      const auto shared = std::make_shared<const AdminAsk>(std::move(*ask));
      begin(client, [this, shared] { return operations_.ask(*shared); }, now);
    } else if (is_work_on_storage(request)) {
      const auto shared = std::make_shared<const AdminRequest>(std::move(request));
      const auto wanted = [this, gone = client.gone] { return !gone->load() && !over_.load(); };
      begin(client, [this, shared, wanted] { return operations_.work_on_storage(*shared, wanted); }, now);
    } else if (const auto* const watch = std::get_if<AdminWatchTopics>(&request)) {
      begin_to_watch(client, *watch, now);
    } else {
      client.send(do_at_once(request), now);
    }
  }

  std::string do_at_once(const AdminRequest& request) {
    if (const auto* const send = std::get_if<AdminSend>(&request)) return operations_.send(*send);
    if (const auto* const letters = std::get_if<AdminDeadLetters>(&request)) return operations_.dead_letters(*letters);
    if (const auto* const letter = std::get_if<AdminDeadLetter>(&request)) return operations_.dead_letter(*letter);
    return operations_.resend(std::get<AdminResend>(request));
  }

  static bool is_work_on_storage(const AdminRequest& request) {
    return request.index() >= AdminRequest(AdminStorageList()).index();
  }

  // On another thread; its line is the answer.
  void begin(Client& client, std::function<std::string()> task, Instant now) {
    if (asking_->start(client.number, std::move(task)))
      client.state = Client::State::asks;
    else
      client.send(
          admin_error_line(Error(Code::exhausted, fmt::format("{} requests are being worked on, the limit; try again when one "
                                                              "has ended",
                                                              config_.max_requests))),
          now);
  }

  void begin_to_watch(Client& client, const AdminWatchTopics& watch, Instant now) {
    const auto watching = std::ranges::count_if(clients_, [](const auto& one) { return one->watch.has_value(); });
    auto tap = std::cmp_less(watching, config_.max_watches)
                   ? operations_.watch(watch, Watch::capacity)
                   : fail(Code::exhausted, fmt::format("{} connections watch already, the limit", config_.max_watches));
    client.send(tap ? admin_done_line() : admin_error_line(tap.error()), now);
    if (!tap) return;
    client.watch.emplace(*std::move(tap));
    client.state = Client::State::watches;
  }

  void show(Client& client, Instant now) {
    const std::uint64_t before = client.watch->missed();
    while (client.state == Client::State::watches) {
      const auto line = client.watch->next(max_unsent_events - std::min(max_unsent_events, client.unsent()));
      if (!line) break;
      client.send(*line, now);
    }
    missed_.add(client.watch->missed() - before);
  }

  // On a thread that has asked.
  void answered(std::uint64_t client, std::string line) {
    {
      const std::scoped_lock lock(mutex_);
      answers_.push_back({client, std::move(line)});
    }
    waker_.wake();
  }

  void take_answers(Instant now) {
    std::vector<Answer> answers;
    {
      const std::scoped_lock lock(mutex_);
      answers.swap(answers_);
    }
    for (const Answer& answer : answers) {
      // It may have gone away meanwhile.
      const auto client = std::ranges::find(clients_, answer.client, [](const auto& one) { return one->number; });
      if (client == clients_.end() || (*client)->state != Client::State::asks) continue;
      (*client)->state = Client::State::reads;
      (*client)->send(answer.line, now);
    }
  }

  const AdminServerConfig config_;
  Platform& platform_;
  LogSink& log_;
  Operations operations_;
  const Waker waker_;
  AdminSocket socket_;
  std::atomic<bool> over_{false};
  // Of the thread that serves:
  std::vector<std::unique_ptr<Client>> clients_;
  std::vector<pollfd> polled_;  // the waker, the socket, and the clients in their order
  std::uint64_t last_client_ = 0;
  bool cannot_accept_ = false;

  std::mutex mutex_;
  std::vector<Answer> answers_;  // guarded; at most one of each client

  std::atomic<std::uint64_t> open_{0};
  Counter connections_, requests_, not_understood_, strangers_, too_many_, not_recorded_, too_long_, stalled_, missed_;
  std::optional<RequestThreads> asking_;
  std::unique_ptr<Thread> thread_;
};

}  // namespace

Result<std::unique_ptr<AdminServer>> AdminServer::start(AdminSocket socket, AdminServerConfig config, Host& host,
                                                        AuditSink& audit, Platform& platform, LogSink& log) {
  AIRSSYS_TRY(Waker waker, Waker::make());
  return std::make_unique<RealAdminServer>(std::move(socket), std::move(config), host, audit, platform, log, std::move(waker));
}

}  // namespace airssys::wasm
