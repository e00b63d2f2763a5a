//! A component as a trait, and what the host calls of it.
use crate::{Config, Error, ExecutionContext, ExecutionError, HealthReport, HealthStatus, Message, Payload};

/// What the component says of itself; the manifest, not this, decides what it may do.
#[derive(Clone, Copy, Debug)]
pub struct Metadata {
    pub name: &'static str,
    /// Empty: as the manifest says.
    pub version: &'static str,
    pub description: &'static str,
    pub author: &'static str,
    pub license: &'static str,
    pub stateful: bool,
}

impl Metadata {
    pub const NONE: Metadata = Metadata { name: "", version: "", description: "", author: "", license: "", stateful: false };
}

/// One call at a time; what is an `Err` is logged and counted, and the component goes on.
pub trait Component: Sized + 'static {
    const ABOUT: Metadata = Metadata::NONE;

    /// Called once, before any message.
    fn init(config: Config) -> Result<Self, Error>;
    /// What it returns answers a request and is ignored otherwise.
    fn handle(&mut self, message: Message) -> Result<Option<Payload>, Error>;
    /// A call from outside of the host.
    fn execute(&mut self, operation: Payload, context: ExecutionContext) -> Result<Payload, ExecutionError> {
        let _ = (operation, context);
        Err(ExecutionError::InvalidOperation("this component knows no operations".into()))
    }
    fn health(&mut self) -> HealthReport {
        HealthReport { status: HealthStatus::Healthy, reason: None }
    }
    /// Multicodec codes of the payloads that it understands; none: it does not say.
    fn supported_codecs() -> Vec<u64> {
        Vec::new()
    }
    /// Called once, after the last message; not called after a crash.
    fn shutdown(self) -> Result<(), Error> {
        Ok(())
    }
}

/// What [`component!`](crate::component!) makes exports of.
#[doc(hidden)]
pub mod entry {
    use super::*;
    use crate::bindings::airssys::core::types;
    use crate::messaging;
    use std::cell::RefCell;

    /// Where the component lives.
    pub struct Slot<C>(RefCell<Option<C>>);

    impl<C: Component> Slot<C> {
        #[allow(clippy::new_without_default)]
        pub const fn new() -> Slot<C> {
            Slot(RefCell::new(None))
        }

        pub fn init(&self, config: Config) -> Result<(), Error> {
            let mut slot = self.0.borrow_mut();
            if slot.is_some() {
                return Err(Error::AlreadyInitialized);
            }
            // What it reports as a plain failure is an initialization that failed.
            *slot = Some(C::init(config).map_err(|why| match why {
                Error::Failed(text) => Error::InitializationFailed(text),
                other => other,
            })?);
            Ok(())
        }

        pub fn handle(&self, message: types::Message) -> Result<Option<Vec<u8>>, Error> {
            let mut slot = self.0.borrow_mut();
            let component = slot.as_mut().ok_or(Error::NotInitialized)?;
            let message = Message::try_from(message)?;
            if let Some(done) = messaging::handle_publication(component, &message) {
                return done.map(|()| None);
            }
            Ok(component.handle(message)?.map(Payload::into_wire))
        }

        pub fn callback(&self, id: crate::RequestId, outcome: Result<Vec<u8>, crate::RequestError>) -> Result<(), Error> {
            let mut slot = self.0.borrow_mut();
            let component = slot.as_mut().ok_or(Error::NotInitialized)?;
            messaging::handle_outcome(component, id, outcome)
        }

        pub fn execute(&self, operation: Vec<u8>, context: ExecutionContext) -> Result<Vec<u8>, ExecutionError> {
            let mut slot = self.0.borrow_mut();
            let component = slot.as_mut().ok_or_else(|| ExecutionError::OperationFailed("not initialized".into()))?;
            let operation = Payload::from_wire(operation).map_err(|why| ExecutionError::SerializationError(why.0))?;
            Ok(component.execute(operation, context)?.into_wire())
        }

        pub fn health(&self) -> HealthReport {
            match self.0.borrow_mut().as_mut() {
                Some(component) => component.health(),
                None => HealthReport { status: HealthStatus::Unknown, reason: Some("not initialized".into()) },
            }
        }

        pub fn shutdown(&self) -> Result<(), Error> {
            let component = self.0.borrow_mut().take().ok_or(Error::NotInitialized)?;
            messaging::forget();
            component.shutdown().map_err(|why| match why {
                Error::Failed(text) => Error::ShutdownFailed(text),
                other => other,
            })
        }
    }

    pub fn metadata<C: Component>() -> types::ComponentMetadata {
        types::ComponentMetadata {
            name: C::ABOUT.name.into(),
            version: C::ABOUT.version.into(),
            description: C::ABOUT.description.into(),
            author: C::ABOUT.author.into(),
            license: C::ABOUT.license.into(),
            language: "rust".into(),
            supported_operations: Vec::new(),
            supported_codecs: C::supported_codecs(),
            requested_permissions: Vec::new(),
            memory: types::MemoryNeeds { min: 0, max: 0, preferred: 0 },
            timeout_ms: None,
            stateful: C::ABOUT.stateful,
            api_version: String::new(),
            homepage: String::new(),
            repository: String::new(),
            tags: Vec::new(),
            custom: None,
        }
    }
}

/// Once per component: exports the type that implements [`Component`].
#[macro_export]
macro_rules! component {
    ($component:ty) => {
        const _: () = {
            use $crate::bindings::airssys::core::types as airssys_types;
            ::std::thread_local! {
                static SLOT: $crate::entry::Slot<$component> = const { $crate::entry::Slot::new() };
            }
            struct Exports;
            impl $crate::bindings::exports::airssys::core::lifecycle::Guest for Exports {
                fn init(config: airssys_types::ComponentConfig) -> ::std::result::Result<(), airssys_types::ComponentError> {
                    SLOT.with(|slot| slot.init(config))
                }
                fn handle_message(
                    message: airssys_types::Message,
                ) -> ::std::result::Result<::std::option::Option<::std::vec::Vec<u8>>, airssys_types::ComponentError> {
                    SLOT.with(|slot| slot.handle(message))
                }
                fn handle_callback(
                    request: airssys_types::RequestId,
                    outcome: ::std::result::Result<::std::vec::Vec<u8>, airssys_types::RequestError>,
                ) -> ::std::result::Result<(), airssys_types::ComponentError> {
                    SLOT.with(|slot| slot.callback(request, outcome))
                }
                fn execute(
                    operation: ::std::vec::Vec<u8>,
                    context: airssys_types::ExecutionContext,
                ) -> ::std::result::Result<::std::vec::Vec<u8>, airssys_types::ExecutionError> {
                    SLOT.with(|slot| slot.execute(operation, context))
                }
                fn metadata() -> airssys_types::ComponentMetadata {
                    $crate::entry::metadata::<$component>()
                }
                fn health() -> airssys_types::HealthReport {
                    SLOT.with(|slot| slot.health())
                }
                fn supported_codecs() -> ::std::vec::Vec<u64> {
                    <$component as $crate::Component>::supported_codecs()
                }
                fn shutdown() -> ::std::result::Result<(), airssys_types::ComponentError> {
                    SLOT.with(|slot| slot.shutdown())
                }
            }
    $crate::bindings::export!(Exports with_types_in $crate::bindings);
        };
    };
}
