// Notice: what reaches an actor beside its mailbox, between two messages: the answer to an ask, the end of a watched actor.
//
// How to post one. Allocate it when it is *asked for*, so that posting it later cannot fail, and bound how many an actor may
// ask for: a notice takes no place in the mailbox. Give it the number of the object that asks, Cell::object_number() within
// the asking turn, or any_object when it concerns the actor whatever object it has. Keep a Ref<Cell> of the actor; when it
// happens, call cell.post(notice), from any thread, at most once. That hands one reference over to the cell, which calls
//   deliver  at most once, in a turn of the actor, in the order of the posts, never while the actor is parked, starting,
//            waiting for its restart or over, and only if the object is still the one that asked;
//   release  exactly once, after deliver or instead of it. Instead: in a turn of the actor when the object has changed, or
//            within post, on the poster's thread, when the actor has ended for good.
// Whoever else refers to the notice (a list of the asking actor, say) counts its own reference.
#pragma once
#include <cstdint>

#include "airssys/rt/types.h"

namespace airssys::rt {

class ActorBase;
class Context;

class Notice {
 public:
  static constexpr std::uint32_t any_object = 0;

  explicit constexpr Notice(std::uint32_t whose) noexcept : object(whose) {}
  Notice(const Notice&) = delete;
  Notice& operator=(const Notice&) = delete;

  // As a handler: a failure or an exception is a crash of the actor, and it may park.
  virtual Result<Turn> deliver(ActorBase& object, Context& context) = 0;
  // The cell's reference is given up.
  virtual void release() noexcept = 0;

  Notice* next_notice = nullptr;  // the cell's, once it is posted
  const std::uint32_t object;     // whom it is for

 protected:
  ~Notice() = default;
};

}  // namespace airssys::rt
