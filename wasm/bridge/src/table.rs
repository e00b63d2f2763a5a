//! What the host's WIT says about its functions, generated from it when the bridge is built (`bin/wit_table.rs`): the one table
//! behind linking, checking and inspecting.
use crate::describe::Item;
use semver::Version;

/// A function that the host offers.
pub struct HostFunction {
    pub interface: &'static str,
    pub name: &'static str,
    pub text: &'static str,
    /// The capabilities that a caller needs, as the annotations say: "messaging.send(target)", "none".
    pub needs: &'static str,
    /// Whether it may suspend the guest, which puts the component on the fiber lane.
    pub waits: bool,
    /// The case of its error that says the host does not have it.
    pub unavailable: Option<&'static str>,
}

/// A function that the host calls.
pub struct GuestFunction {
    pub interface: &'static str,
    pub name: &'static str,
    pub text: &'static str,
}

include!(env!("AIRSSYS_WIT_TABLE"));

/// `airssys:core/messaging` of `airssys:core/messaging@1.0.0`.
pub fn name_of(interface: &str) -> &str {
    interface.split_once('@').map_or(interface, |(name, _)| name)
}

/// `airssys:core/messaging@1.0.0` in its parts. Without a version, or with one that is none: 0.0.0, which fits nothing.
pub fn parts(interface: &str) -> (&str, Version) {
    let (name, version) = interface.split_once('@').unwrap_or((interface, ""));
    (name, Version::parse(version).unwrap_or(Version::new(0, 0, 0)))
}

/// R2.6: equal major, and below 1.0 equal minor.
pub fn compatible(a: &Version, b: &Version) -> bool {
    a.major == b.major && (a.major > 0 || a.minor == b.minor)
}

/// The function that is meant by an import, of whatever version.
pub fn host_function(item: &Item) -> Option<&'static HostFunction> {
    let wanted = name_of(&item.interface);
    HOST_FUNCTIONS.iter().find(|function| function.name == item.name && name_of(function.interface) == wanted)
}

/// The host's interface of that name, of whatever version, with its version.
pub fn host_interface(interface: &str) -> Option<&'static str> {
    let wanted = name_of(interface);
    HOST_FUNCTIONS.iter().map(|function| function.interface).find(|offered| name_of(offered) == wanted)
}

pub fn is_host_resource(item: &Item) -> bool {
    let wanted = name_of(&item.interface);
    HOST_RESOURCES.iter().any(|(interface, name)| *name == item.name && name_of(interface) == wanted)
}
