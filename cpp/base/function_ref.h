// FunctionRef<R(A...)>: any callable, borrowed, behind one pointer to it and one to its code. For
// walks that would otherwise be compiled anew for every lambda that is given to them.
// Lifetime: the callable's; so a FunctionRef is a parameter, never a member.
// Cost: an indirect call.
#pragma once

#include <memory>
#include <type_traits>
#include <utility>

namespace wadict {

template <class Signature>
class FunctionRef;

template <class R, class... A>
class FunctionRef<R(A...)> {
 public:
  template <class Fn>
  requires(!std::is_same_v<std::remove_cvref_t<Fn>, FunctionRef>)
      FunctionRef(Fn&& fn)  // NOLINT: implicit on purpose
      : object_(const_cast<void*>(static_cast<const void*>(std::addressof(fn)))),
        call_([](void* object, A... arguments) -> R {
          return (*static_cast<std::remove_reference_t<Fn>*>(object))(
              std::forward<A>(arguments)...);
        }) {}

  R operator()(A... arguments) const { return call_(object_, std::forward<A>(arguments)...); }

 private:
  void* object_;
  R (*call_)(void* object, A... arguments);
};

}  // namespace wadict
