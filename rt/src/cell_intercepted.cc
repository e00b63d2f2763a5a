// Messages that an Interceptor drops, or sets aside and gives back.
#include <memory>
#include <utility>

#include "airssys/rt/cell.h"
#include "airssys/rt/context.h"
#include "airssys/rt/interceptor.h"
#include "system_core.h"

namespace airssys::rt {

// A message outside of its mailbox. Belongs to whoever gives it back, and then to itself until the cell lets go of it.
class Cell::Held final : public Notice, public std::enable_shared_from_this<Held> {
 public:
  Held(Cell& cell, Envelope& node, Interceptor& by) noexcept
      : Notice(any_object),
        cell_(Ref<Cell>::share(cell)),
        node_(node),
        by_(by),
        message_{.sender = node.origin.sender(), .receiver = cell.id()} {}
  ~Held() {
    if (!delivered_) {
      cell_->dead_letter(DeadLetter::Why::discarded, message_.sender, cell_->message_in(node_));
      cell_->discard(node_);
    }
    node_.free_headers();
    free_node(cell_->mailbox_.node_size(), &node_);
    by_.over(message_);
  }
  void give_back() {
    posted_ = shared_from_this();
    static_cast<void>(cell_->post(*this));  // if it has ended, release was called
  }
  Result<Turn> deliver(ActorBase&, Context& context) override {
    delivered_ = true;
    return cell_->deliver_held(node_, context);
  }
  void release() noexcept override { const auto last = std::move(posted_); }

 private:
  const Ref<Cell> cell_;
  Envelope& node_;
  Interceptor& by_;
  const Interceptor::Message message_;
  std::shared_ptr<Held> posted_;
  bool delivered_ = false;
};

bool Cell::intercepted(Interceptor& by, Envelope& node) noexcept {
  const Interceptor::Message message{.sender = node.origin.sender(), .receiver = id_};
  const Interceptor::Fate what = by.fate(message);
  if (what == Interceptor::Fate::deliver) return false;
  if (what == Interceptor::Fate::hold) {
    const auto held = std::make_shared<Held>(*this, take_out(node), by);
    by.hold(message, [held] { held->give_back(); });
    return true;
  }
  discard(node);
  node.free_headers();
  return true;
}

Result<Turn> Cell::deliver_held(Envelope& node, Context& context) {
  context.sender_ = node.origin.sender();
  if (const Headers* const headers = node.origin.headers(); headers && !open_headers(node, *headers, context)) return Turn::done;
  struct Closed {
    Context& context;
    ~Closed() { context.headers_ = nullptr; }
  } const closed{context};
  return deliver(node, context);
}

}  // namespace airssys::rt
