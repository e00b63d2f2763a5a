// The generated C bindings of the component's world, and names for their types that do not depend on the world:
// wit-bindgen prefixes shared types with the world's name, so `string` is component_string_t in world `component`.
//
// AIRSSYS_BINDINGS is the generated header; airssys_add_component() defines it.
#pragma once
#ifndef AIRSSYS_BINDINGS
#error "AIRSSYS_BINDINGS is not defined: build this file with airssys_add_component() of AirssysComponent.cmake"
#endif
#include AIRSSYS_BINDINGS

#include <cstdint>
#include <string_view>
#include <type_traits>

namespace airssys::detail {

template <class Function>
struct first_argument;
template <class Result, class First, class... Rest>
struct first_argument<Result(First*, Rest...)> {
  using type = First;
};

using wit_string = decltype(airssys_core_types_message_t::sender);
using wit_bytes = decltype(airssys_core_types_message_t::payload);
using wit_pairs = decltype(airssys_core_types_component_config_t::env);
using wit_answer = decltype(airssys_core_types_component_config_t::config_data);  // option<list<u8>>
using wit_pair = std::remove_pointer_t<decltype(wit_pairs::ptr)>;
using wit_strings = first_argument<decltype(airssys_core_messaging_broadcast)>::type;  // list<string>

using wit_codecs = decltype(airssys_core_types_component_metadata_t::supported_codecs);                 // list<u64>
using wit_request_outcome = exports_airssys_core_lifecycle_result_list_u8_request_error_t;

// Lends text to an import for the duration of the call: imports do not write through the pointer.
inline wit_string lend(std::string_view text) {
  return {const_cast<std::uint8_t*>(reinterpret_cast<const std::uint8_t*>(text.data())), text.size()};
}

inline std::string_view view(const wit_string& text) { return {reinterpret_cast<const char*>(text.ptr), text.len}; }

}  // namespace airssys::detail
