//! Ann and Bob, brought into every phase that there is.

use crate::person::Person;
use crate::world::{ASK, World, name, usual};
use rendezvous_core::{SessionConfig, SessionId};

pub(crate) struct Two<W> {
    pub(crate) world: W,
    pub(crate) ann: Person,
    pub(crate) bob: Person,
    pub(crate) session: SessionId,
}

impl<W: World> Two<W> {
    /// Both are there.
    pub(crate) async fn there(world: W) -> Self {
        Self::with(world, usual()).await
    }

    pub(crate) async fn with(mut world: W, config: SessionConfig) -> Self {
        let ann = Person::with(&mut world, "ann", "desk", config, &[ASK, crate::world::OFFER]).await;
        let bob = Person::with(&mut world, "bob", "desk", config, &[ASK, crate::world::OFFER]).await;
        Self { world, ann, bob, session: name(1) }
    }

    /// Bob's person is being asked, and Ann knows it.
    pub(crate) async fn ringing(world: W) -> Self {
        Self::there(world).await.ring().await
    }

    pub(crate) async fn ring(mut self) -> Self {
        self.ann.invite(self.session, &self.bob.address, ASK).await;
        self.bob.is_invited(self.session).await;
        self.ann.hears_ringing(self.session).await;
        self
    }

    /// Bob said yes, and both start the application.
    pub(crate) async fn joining(world: W) -> Self {
        Self::ringing(world).await.join().await
    }

    pub(crate) async fn join(mut self) -> Self {
        self.bob.accept(self.session).await;
        self.ann.launches(self.session).await;
        self.bob.launches(self.session).await;
        self
    }

    pub(crate) async fn connected(world: W) -> Self {
        Self::joining(world).await.connect().await
    }

    pub(crate) async fn connect(mut self) -> Self {
        self.ann.attach(self.session).await;
        self.bob.attach(self.session).await;
        self.ann.connects(self.session).await;
        self.bob.connects(self.session).await;
        self
    }

    /// Nothing is left.
    pub(crate) async fn clear(mut self) {
        self.ann.is_clear().await;
        self.bob.is_clear().await;
    }
}
